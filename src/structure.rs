//! How the structures of the specification are written down in this library.
//!
//! [`structure!`] declares a structure once, its fields in the order they have on the wire; that declaration is the type,
//! its documentation and its decoder. [`records!`] gathers structures into the enum that a record is decoded into.

use core::fmt;
use core::marker::PhantomData;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::xdr::{Address, Result, Xdr};

/// A type that stands in a structure.
pub trait Field<'a>: Sized {
    /// The fewest bytes it takes on the wire.
    const LEAST: usize;

    /// Reads it, and moves the cursor behind it.
    fn read(xdr: &mut Xdr<'a>) -> Result<Self>;
}

/// Implements [`Field`] by a method of the cursor.
macro_rules! field {
    ($($type:ty, $least:literal, $read:expr;)*) => {
        $(impl<'a> Field<'a> for $type {
            const LEAST: usize = $least;

            #[inline]
            fn read(xdr: &mut Xdr<'a>) -> Result<Self> {
                let read: fn(&mut Xdr<'a>) -> Result<Self> = $read;
                read(xdr)
            }
        })*
    };
}

field! {
    u32, 4, |xdr| xdr.u32();
    i32, 4, |xdr| xdr.i32();
    u64, 8, |xdr| xdr.u64();
    f32, 4, |xdr| xdr.f32();
    [u8; 4], 4, |xdr| xdr.array().copied();
    [u8; 16], 16, |xdr| xdr.array().copied();
    Ipv4Addr, 4, |xdr| xdr.array::<4>().map(|octets| (*octets).into());
    Ipv6Addr, 16, |xdr| xdr.array::<16>().map(|octets| (*octets).into());
    Address, 4, |xdr| xdr.address();
    Mac, 8, |xdr| xdr.mac().map(Mac);
    Text<'a>, 4, |xdr| xdr.opaque().map(Text);
    Opaque<'a>, 4, |xdr| xdr.opaque().map(Opaque);
}

/// A field that later versions of a structure have appended: absent where the structure ends before it.
impl<'a, T: Field<'a>> Field<'a> for Option<T> {
    const LEAST: usize = 0;

    fn read(xdr: &mut Xdr<'a>) -> Result<Self> {
        if xdr.left() == 0 { Ok(None) } else { T::read(xdr).map(Some) }
    }
}

/// `mac`: an IEEE 802 address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Mac(pub [u8; 6]);

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// `string<>`: text as the sender wrote it. It may hold any bytes; displayed, whatever is not printable is escaped.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Text<'a>(pub &'a [u8]);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                if character.is_control() {
                    write!(f, "{}", character.escape_default())?;
                } else {
                    write!(f, "{character}")?;
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// `opaque<>`: bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Opaque<'a>(pub &'a [u8]);

/// `T<>`: a counted list, read item by item when it is iterated.
#[derive(Clone, Copy)]
pub struct List<'a, T> {
    items: Xdr<'a>,
    count: u32,
    item: PhantomData<T>,
}

impl<'a, T: Field<'a>> List<'a, T> {
    /// The number of items.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The items, in the order they stand in. All of them: they were checked when the list was read.
    pub fn iter(&self) -> impl Iterator<Item = T> + use<'a, T> {
        let mut items = self.items;
        (0..self.count).map_while(move |_| T::read(&mut items).ok())
    }
}

impl<'a, T: Field<'a>> Field<'a> for List<'a, T> {
    const LEAST: usize = 4;

    fn read(xdr: &mut Xdr<'a>) -> Result<Self> {
        let count = xdr.count(T::LEAST)?;
        let items = *xdr;
        for _ in 0..count {
            T::read(xdr)?;
        }
        Ok(List { items, count, item: PhantomData })
    }
}

impl<'a, T: Field<'a> + fmt::Debug> fmt::Debug for List<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a, T: Field<'a> + PartialEq> PartialEq for List<'a, T> {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count && self.iter().eq(other.iter())
    }
}

/// A structure that stands in records: its number, and how to read its body.
pub trait Structure<'a>: Field<'a> {
    /// The structure's number.
    const TAG: crate::sample::Tag;
    /// The specification's name for it.
    const NAME: &'static str;
}

/// Declares structures: `name = enterprise:format, "the specification's name" { fields in wire order }`. Without a number it
/// is a part of other structures. The lifetime is for those that borrow from the datagram.
macro_rules! structure {
    (@tag $name:ident [$($lifetime:lifetime)?] $spec:literal $enterprise:literal : $format:literal) => {
        impl<'a> crate::structure::Structure<'a> for $name $(<$lifetime>)? {
            const TAG: crate::sample::Tag = crate::sample::Tag::new($enterprise, $format);
            const NAME: &'static str = $spec;
        }
    };
    (@tag $name:ident [$($lifetime:lifetime)?] $spec:literal) => {};
    ($(
        $(#[$meta:meta])*
        $name:ident $(<$lifetime:lifetime>)? = $spec:literal $($enterprise:literal : $format:literal)? {
            $($(#[$field_meta:meta])* $field:ident: $type:ty,)*
        }
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name $(<$lifetime>)? {
            $($(#[$field_meta])* pub $field: $type,)*
        }

        impl<'a> crate::structure::Field<'a> for $name $(<$lifetime>)? {
            const LEAST: usize = 0 $(+ <$type as crate::structure::Field<'a>>::LEAST)*;

            fn read(xdr: &mut crate::xdr::Xdr<'a>) -> crate::xdr::Result<Self> {
                Ok($name { $($field: <$type as crate::structure::Field<'a>>::read(xdr)?,)* })
            }
        }

        crate::structure::structure!(@tag $name [$($lifetime)?] $spec $($enterprise : $format)?);
    )*};
}
pub(crate) use structure;

/// Declares the enum that the records of one number space are decoded into.
macro_rules! records {
    ($(#[$meta:meta])* $records:ident<$a:lifetime> { $($variant:ident($type:ty),)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum $records<$a> {
            $(
                #[doc = concat!("[`", stringify!($variant), "`], ", "see there.")]
                $variant($type),
            )*
            /// A structure that this library does not read.
            Unknown {
                /// Its number.
                tag: crate::sample::Tag,
                /// Its body.
                body: &$a [u8],
            },
        }

        impl<$a> $records<$a> {
            /// The numbers of the structures that this library reads.
            pub const TAGS: &'static [crate::sample::Tag] =
                &[$(<$type as crate::structure::Structure<$a>>::TAG,)*];

            /// Reads a record's body by the record's number. Bytes that follow the known fields are left alone: structures
            /// may grow at their end.
            ///
            /// # Errors
            /// When the body ends within the structure, or holds a value that leaves no way to read on.
            pub fn decode(record: &crate::sample::Record<$a>) -> crate::xdr::Result<Self> {
                $(
                    if record.tag == <$type as crate::structure::Structure<$a>>::TAG {
                        let mut xdr = record.xdr().named(<$type as crate::structure::Structure<$a>>::NAME);
                        return <$type as crate::structure::Field<$a>>::read(&mut xdr).map(Self::$variant);
                    }
                )*
                Ok(Self::Unknown { tag: record.tag, body: record.body() })
            }
        }
    };
}
pub(crate) use records;

//! How the structures of the specification are written down in this library.
//!
//! `structure!` declares a structure once, its fields in the order they have on the wire; that declaration is the type,
//! its documentation and its decoder. `records!` gathers structures into the enum that a record is decoded into.

use core::fmt;
use core::marker::PhantomData;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::sample::{DataSource, Record, Tag};
use crate::xdr::{Address, Result, Xdr};

/// A type that stands in a structure.
pub trait Field<'a>: Sized {
    /// The fewest bytes it takes on the wire.
    const LEAST: usize;

    /// Reads it, and moves the cursor behind it.
    fn read(xdr: &mut Xdr<'a>) -> Result<Self>;
}

/// Implements [`Field`] by a method of the cursor: `type, fewest bytes, how to read it`.
macro_rules! field {
    ($($type:ty, $least:literal, $read:expr;)*) => {
        $(impl<'a> crate::structure::Field<'a> for $type {
            const LEAST: usize = $least;

            #[inline]
            fn read(xdr: &mut crate::xdr::Xdr<'a>) -> crate::xdr::Result<Self> {
                let read: fn(&mut crate::xdr::Xdr<'a>) -> crate::xdr::Result<Self> = $read;
                read(xdr)
            }
        })*
    };
}
pub(crate) use field;

field! {
    u32, 4, |xdr| xdr.u32();
    i32, 4, |xdr| xdr.i32();
    u64, 8, |xdr| xdr.u64();
    f32, 4, |xdr| xdr.f32();
    [u8; 4], 4, |xdr| xdr.array().copied();
    [u8; 16], 16, |xdr| xdr.array().copied();
    // opaque<>
    &'a [u8], 4, |xdr| xdr.opaque();
    Ipv4Addr, 4, |xdr| xdr.array::<4>().map(|octets| (*octets).into());
    Ipv6Addr, 16, |xdr| xdr.array::<16>().map(|octets| (*octets).into());
    Address, 4, |xdr| xdr.address();
    Mac, 8, |xdr| xdr.mac().map(Mac);
    Text<'a>, 4, |xdr| xdr.opaque().map(Text);
    DataSource, 8, |xdr| Ok(DataSource { class: xdr.u32()?, index: xdr.u32()? });
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

/// `T<>`: a counted list, read item by item when it is iterated.
#[derive(Clone, Copy)]
pub struct List<'a, T> {
    items: Xdr<'a>,
    count: u32,
    item: PhantomData<T>,
}

impl<'a, T: Field<'a>> List<'a, T> {
    /// Reads a list of `count` items, from the first on.
    pub(crate) fn read_counted(xdr: &mut Xdr<'a>, count: u32) -> Result<Self> {
        let items = *xdr;
        for _ in 0..count {
            T::read(xdr)?;
        }
        Ok(List { items, count, item: PhantomData })
    }

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
        List::read_counted(xdr, count)
    }
}

impl<T> Default for List<'_, T> {
    fn default() -> Self {
        List { items: Xdr::new(&[], "list"), count: 0, item: PhantomData }
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
    const TAG: Tag;
    /// The specification's name for it.
    const NAME: &'static str;

    /// Reads the body of a record. Bytes that follow the known fields are left alone: structures may grow at their end.
    fn from_record(record: &Record<'a>) -> Result<Self> {
        let start = record.xdr().named(Self::NAME);
        let mut xdr = start;
        let structure = Self::read(&mut xdr);
        if structure.is_ok() && xdr.left() == 0 {
            return structure;
        }
        // Some agents write four bytes of address after type 0: believe that reading if it ends where the record does.
        let mut padded = start.with_padded_unknown_addresses();
        match Self::read(&mut padded) {
            Ok(structure) if padded.left() == 0 => Ok(structure),
            _ => structure,
        }
    }
}

/// Declares structures: `name = "the specification's name" enterprise:format { fields in wire order }`. Without a number it is
/// a part of other structures. The lifetime is for those that borrow from the datagram.
///
/// A field that older versions lack says `[since V4]` or `[since V5]` behind its type; there it has its default value.
macro_rules! structure {
    (@tag $name:ident [$($lifetime:lifetime)?] $spec:literal $enterprise:literal : $format:literal) => {
        impl<'a> crate::structure::Structure<'a> for $name $(<$lifetime>)? {
            const TAG: crate::sample::Tag = crate::sample::Tag::new($enterprise, $format);
            const NAME: &'static str = $spec;
        }
    };
    (@tag $name:ident [$($lifetime:lifetime)?] $spec:literal) => {};
    (@least $type:ty) => { <$type as crate::structure::Field<'a>>::LEAST };
    (@least $type:ty, $version:ident) => { 0 };
    (@read $xdr:ident $type:ty) => { <$type as crate::structure::Field<'a>>::read($xdr)? };
    (@read $xdr:ident $type:ty, $version:ident) => {
        if $xdr.version() >= crate::datagram::Version::$version {
            <$type as crate::structure::Field<'a>>::read($xdr)?
        } else {
            <$type>::default()
        }
    };
    ($(
        $(#[$meta:meta])*
        $name:ident $(<$lifetime:lifetime>)? = $spec:literal $($enterprise:literal : $format:literal)? {
            $($(#[$field_meta:meta])* $field:ident: $type:ty $([since $version:ident])?,)*
        }
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name $(<$lifetime>)? {
            $($(#[$field_meta])* pub $field: $type,)*
        }

        impl<'a> crate::structure::Field<'a> for $name $(<$lifetime>)? {
            const LEAST: usize = 0 $(+ crate::structure::structure!(@least $type $(, $version)?))*;

            #[inline]
            fn read(xdr: &mut crate::xdr::Xdr<'a>) -> crate::xdr::Result<Self> {
                Ok($name { $($field: crate::structure::structure!(@read xdr $type $(, $version)?),)* })
            }
        }

        crate::structure::structure!(@tag $name [$($lifetime)?] $spec $($enterprise : $format)?);
    )*};
}
pub(crate) use structure;

/// Declares the enum that the records of one number space are decoded into. `if` and a predicate of the record stand where the
/// number alone does not tell that the record holds the structure.
macro_rules! records {
    ($(#[$meta:meta])* $records:ident<$a:lifetime> { $($variant:ident($type:ty) $(if $holds:path)?,)* }) => {
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
            /// Every structure that is read: its number, the specification's name for it, and the name of its variant.
            pub const TAGS: &'static [(crate::sample::Tag, &'static str, &'static str)] = &[$((
                <$type as crate::structure::Structure<'_>>::TAG,
                <$type as crate::structure::Structure<'_>>::NAME,
                stringify!($variant),
            ),)*];

            /// Reads a record's body by the record's number. Bytes that follow the known fields are left alone: structures
            /// may grow at their end.
            ///
            /// # Errors
            /// When the body ends within the structure, or holds a value that leaves no way to read on.
            pub fn decode(record: &crate::sample::Record<$a>) -> crate::xdr::Result<Self> {
                $(
                    if record.tag == <$type as crate::structure::Structure<$a>>::TAG $(&& $holds(record))? {
                        return <$type as crate::structure::Structure<$a>>::from_record(record).map(Self::$variant);
                    }
                )*
                Ok(Self::Unknown { tag: record.tag, body: record.body() })
            }
        }
    };
}
pub(crate) use records;

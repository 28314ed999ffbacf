//! SASL's PLAIN before a broker that knows no users: whoever has the password is let through to it.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

/// Who is let in.
pub const USER: &str = "collector";
pub const PASSWORD: &str = "open sesame";

const SASL_HANDSHAKE: u16 = 17;
const API_VERSIONS: u16 = 18;
const SASL_AUTHENTICATE: u16 = 36;
const SASL_AUTHENTICATION_FAILED: u16 = 58;

/// Lets clients of a port on loopback through to another one, as long as the test runs.
pub fn keep(port: u16, inner: u16) {
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("a port");
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            // A client that goes is none to speak to.
            thread::spawn(move || _ = admit(client, inner));
        }
    });
}

fn admit(mut client: TcpStream, inner: u16) -> io::Result<()> {
    let mut broker = TcpStream::connect(("127.0.0.1", inner))?;
    loop {
        let request = frame(&mut client)?;
        let word = |at: usize| u16::from_be_bytes([request[at], request[at + 1]]);
        let (key, version, correlation) = (word(0), word(2), &request[4..8]);
        // The client's name, of which the length comes first, ends the old header.
        let body = 10 + usize::from(word(8));
        match key {
            API_VERSIONS => {
                send(&mut broker, &[&request])?;
                let answer = frame(&mut broker)?;
                send(&mut client, &[&answer])?;
            }
            // No error, one mechanism.
            SASL_HANDSHAKE => send(&mut client, &[correlation, &[0, 0, 0, 0, 0, 1, 0, 5], b"PLAIN"])?,
            SASL_AUTHENTICATE => {
                // Behind the length; from version 2 on behind the header's tags, and before the body's.
                let given = if version < 2 { &request[body + 4..] } else { &request[body + 2..request.len() - 1] };
                let is_right = given == format!("\0{USER}\0{PASSWORD}").as_bytes();
                let error = if is_right { 0 } else { SASL_AUTHENTICATION_FAILED }.to_be_bytes();
                // No message, no bytes, and from version 1 on no end of the session.
                let (tags, rest): (&[u8], &[u8]) = match version {
                    0 => (&[], &[0xff, 0xff, 0, 0, 0, 0]),
                    1 => (&[], &[0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
                    _ => (&[0], &[0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
                };
                send(&mut client, &[correlation, tags, &error, rest])?;
                return if is_right { pass(client, broker) } else { client.shutdown(Shutdown::Both) };
            }
            // Who does not say who he is gets no answer.
            _ => return client.shutdown(Shutdown::Both),
        }
    }
}

/// Everything from now on, both ways.
fn pass(client: TcpStream, broker: TcpStream) -> io::Result<()> {
    let (mut from_client, mut to_broker) = (client.try_clone()?, broker.try_clone()?);
    thread::spawn(move || {
        _ = io::copy(&mut from_client, &mut to_broker);
        _ = to_broker.shutdown(Shutdown::Both);
    });
    let (mut from_broker, mut to_client) = (broker, client);
    io::copy(&mut from_broker, &mut to_client)?;
    to_client.shutdown(Shutdown::Both)
}

fn frame(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut bytes = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn send(stream: &mut TcpStream, parts: &[&[u8]]) -> io::Result<()> {
    let bytes = parts.concat();
    stream.write_all(&[&(bytes.len() as u32).to_be_bytes(), &bytes[..]].concat())
}

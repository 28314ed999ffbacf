//! A store of objects with as much of S3's API as a broker needs: it keeps what the broker wrote when the broker is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use tiny_http::{Header, Method, Request, Response, Server};

/// The only bucket.
pub const BUCKET: &str = "kafka";

#[derive(Debug)]
struct Object {
    data: Vec<u8>,
    /// The number of its writing, which is its tag too.
    written: u64,
}

#[derive(Debug, Default)]
struct Objects {
    by_key: BTreeMap<String, Object>,
    written: u64,
}

/// The server, on loopback.
pub struct Store {
    server: Arc<Server>,
}

type Answer = Response<std::io::Cursor<Vec<u8>>>;

impl Store {
    pub fn start() -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").expect("a port for the store"));
        let objects = Arc::new(Mutex::new(Objects::default()));
        // tiny_http answers one request at a time for each thread.
        for _ in 0..4 {
            let (server, objects) = (Arc::clone(&server), Arc::clone(&objects));
            thread::spawn(move || {
                for mut request in server.incoming_requests() {
                    let mut body = Vec::new();
                    let read = request.as_reader().read_to_end(&mut body);
                    // A broker that is killed in the middle of a request has not written.
                    if read.is_ok() && request.body_length().is_none_or(|length| length == body.len()) {
                        let answer = objects.lock().expect("the objects").answer(&request, body);
                        _ = request.respond(answer);
                    }
                }
            });
        }
        Store { server }
    }

    /// What the broker must have in its environment.
    pub fn environment(&self) -> [(&'static str, String); 6] {
        [
            ("STORAGE_ENGINE", format!("s3://{BUCKET}/")),
            ("AWS_ENDPOINT", format!("http://{}", self.server.server_addr())),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
            ("AWS_REGION", "here".to_owned()),
            ("AWS_ACCESS_KEY_ID", "broker".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
        ]
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        for _ in 0..4 {
            self.server.unblock();
        }
    }
}

fn header<'a>(request: &'a Request, name: &'static str) -> Option<&'a str> {
    request.headers().iter().find(|header| header.field.equiv(name)).map(|header| header.value.as_str())
}

fn tag(written: u64) -> String {
    format!("\"{written}\"")
}

/// A time for each writing, later than those of all before: by them tansu finds the last of a topic.
fn time(written: u64) -> jiff::Timestamp {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000) + Duration::from_millis(written);
    jiff::Timestamp::try_from(time).expect("a time of this century")
}

fn empty(status: u16) -> Answer {
    Response::from_data(Vec::new()).with_status_code(status)
}

fn xml(body: String) -> Answer {
    Response::from_data(body).with_header(Header::from_bytes("Content-Type", "application/xml").expect("a header"))
}

impl Object {
    fn describe(&self, answer: Answer) -> Answer {
        let time = time(self.written).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        answer
            .with_header(Header::from_bytes("ETag", tag(self.written)).expect("a header"))
            .with_header(Header::from_bytes("Last-Modified", time).expect("a header"))
    }
}

impl Objects {
    fn answer(&mut self, request: &Request, body: Vec<u8>) -> Answer {
        let (path, query) = request.url().split_once('?').unwrap_or((request.url(), ""));
        let key = decoded(path.trim_start_matches('/').strip_prefix(BUCKET).unwrap_or("").trim_start_matches('/'));
        match request.method() {
            Method::Put => self.put(key, body, request),
            Method::Get if key.is_empty() => self.list(query),
            Method::Get | Method::Head => self.get(&key, request),
            Method::Delete => {
                self.by_key.remove(&key);
                empty(204)
            }
            Method::Post if query.starts_with("delete") => self.delete(&String::from_utf8_lossy(&body)),
            _ => empty(501),
        }
    }

    fn put(&mut self, key: String, data: Vec<u8>, request: &Request) -> Answer {
        let there = self.by_key.get(&key).map(|object| tag(object.written));
        let may = match (header(request, "If-Match"), header(request, "If-None-Match")) {
            (Some(expected), _) => there.as_deref() == Some(expected),
            (None, Some(_)) => there.is_none(),
            (None, None) => true,
        };
        if !may {
            return empty(412);
        }
        self.written += 1;
        let object = Object { data, written: self.written };
        let answer = object.describe(empty(200));
        self.by_key.insert(key, object);
        answer
    }

    fn get(&self, key: &str, request: &Request) -> Answer {
        let Some(object) = self.by_key.get(key) else { return empty(404) };
        if header(request, "If-None-Match") == Some(&tag(object.written)) {
            return object.describe(empty(304));
        }
        // tiny_http sends no body in answer to HEAD.
        // What is long would be sent in chunks, without the length that tansu wants to know.
        object.describe(Response::from_data(object.data.clone()).with_chunked_threshold(usize::MAX))
    }

    fn list(&self, query: &str) -> Answer {
        let parameter = |name: &str| {
            let of = |pair: &str| pair.strip_prefix(name)?.strip_prefix('=').map(decoded);
            query.split('&').find_map(of).unwrap_or_default()
        };
        let (prefix, delimiter) = (parameter("prefix"), parameter("delimiter"));
        let mut folders = BTreeSet::new();
        let mut body = "<ListBucketResult><IsTruncated>false</IsTruncated>".to_owned();
        for (key, object) in self.by_key.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix)) {
            let folder = (!delimiter.is_empty()).then(|| key[prefix.len()..].split_once(&delimiter)).flatten();
            if let Some((folder, _)) = folder {
                folders.insert(format!("{prefix}{folder}{delimiter}"));
                continue;
            }
            let (time, size) = (time(object.written), object.data.len());
            let tag = object.written;
            _ = write!(
                body,
                "<Contents><Key>{key}</Key><LastModified>{time}</LastModified><ETag>\"{tag}\"</ETag><Size>{size}</Size></Contents>"
            );
        }
        for folder in folders {
            _ = write!(body, "<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>");
        }
        xml(body + "</ListBucketResult>")
    }

    /// Many at once.
    fn delete(&mut self, body: &str) -> Answer {
        for key in body.split("<Key>").skip(1).filter_map(|rest| rest.split_once("</Key>")) {
            self.by_key.remove(key.0);
        }
        xml("<DeleteResult></DeleteResult>".to_owned())
    }
}

/// Percent-decoded.
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(code, 16).expect("two hexadecimal digits"));
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).expect("text")
}

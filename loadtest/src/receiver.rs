//! A receiver of notifications that counts what it gets, and can fail in every way a receiver can.
//!
//! **Invariant:** a request is noted before it is answered, so whatever a client believes to be delivered
//! has been counted here.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A body longer than this is not read: clients under test send less.
const BODY_MAX: usize = 4 << 20;

/// One request, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its number among all, from 0.
    pub number: usize,
    /// The path.
    pub path: String,
    /// Headers by their name in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
    /// Whether it was answered with a 2xx status.
    pub is_taken: bool,
}

impl Request {
    /// The key by which a repetition is known.
    #[must_use]
    pub fn key(&self) -> &str {
        self.headers.get("idempotency-key").map_or("", String::as_str)
    }
}

/// What a request gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A status, headers with their line ends, and a body.
    Say(u16, String, Vec<u8>),
    /// Nothing for so long, then the end of the connection.
    Hang(Duration),
    /// The start of an answer, then a byte after each such pause, for ever.
    Drip(Duration),
    /// A body without an end, as fast as it is taken.
    Endless,
    /// The end of the connection, without an answer.
    Close,
}

impl Answer {
    /// An answer with this status and body.
    #[must_use]
    pub fn of(status: u16, body: &str) -> Self {
        Self::Say(status, String::new(), body.as_bytes().to_vec())
    }
}

type Decide = dyn Fn(&Request) -> Answer + Send + Sync;

/// A server that runs until it is dropped.
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    decide: Box<Decide>,
    requests: Mutex<Vec<Request>>,
    is_over: AtomicBool,
}

impl Shared {
    fn requests(&self) -> MutexGuard<'_, Vec<Request>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Receiver {
    /// Listens on a port of its own; `decide` says what each request gets.
    ///
    /// # Errors
    /// When there is no port to be had.
    pub fn start(
        decide: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (decide, requests) = (Box::new(decide), Mutex::default());
        let shared = Arc::new(Shared { decide, requests, is_over: AtomicBool::new(false) });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || serve(&listener, &serving));
        Ok(Self { address, shared })
    }

    /// Its address, as a URL without a path.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What came so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests().clone()
    }

    /// How many requests came so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shared.requests().len()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        // The listener wakes by a connection.
        drop(TcpStream::connect(self.address));
    }
}

fn serve(listener: &TcpListener, shared: &Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept() {
        if shared.is_over.load(Ordering::Relaxed) {
            return;
        }
        let shared = Arc::clone(shared);
        // A client that goes away in between is part of the game.
        std::thread::spawn(move || drop(converse(stream, &shared)));
    }
}

fn converse(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(mut request) = read(&mut reader)? {
        let number = {
            let mut all = shared.requests();
            request.number = all.len();
            all.push(request.clone());
            request.number
        };
        let answer = (shared.decide)(&request);
        if let Answer::Say(200..=299, ..) = answer
            && let Some(noted) = shared.requests().get_mut(number)
        {
            noted.is_taken = true;
        }
        if !answer_with(&mut stream, &answer)? {
            return Ok(());
        }
    }
    Ok(())
}

fn read(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? <= 2 {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; usize::min(length, BODY_MAX)];
    reader.read_exact(&mut body)?;
    Ok(Some(Request { number: 0, path, headers, body, is_taken: false }))
}

/// True while the connection goes on.
fn answer_with(stream: &mut TcpStream, answer: &Answer) -> std::io::Result<bool> {
    const ENDLESS: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    match answer {
        Answer::Say(status, headers, body) => {
            let length = body.len();
            write!(stream, "HTTP/1.1 {status} -\r\n{headers}content-length: {length}\r\n\r\n")?;
            stream.write_all(body)?;
            return Ok(true);
        }
        Answer::Hang(lasting) => std::thread::sleep(*lasting),
        Answer::Drip(pause) => {
            stream.write_all(ENDLESS)?;
            loop {
                std::thread::sleep(*pause);
                stream.write_all(b"1\r\nx\r\n")?;
            }
        }
        Answer::Endless => {
            stream.write_all(ENDLESS)?;
            let mut chunk = b"1000\r\n".to_vec();
            chunk.resize(chunk.len() + 0x1000, b'x');
            chunk.extend_from_slice(b"\r\n");
            loop {
                stream.write_all(&chunk)?;
            }
        }
        Answer::Close => {}
    }
    Ok(false)
}

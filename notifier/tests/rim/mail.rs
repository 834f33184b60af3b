//! A mail server that takes mail, and ones that do not.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use notifier::config::{Email, MailTls, Receiver, Secret};
use notifier::verdict::Verdict;

use crate::support::send;

/// A server that answers each command by the first word of its line, and `250` otherwise; gives all it
/// heard of one connection.
fn server(
    answers: &'static [(&'static str, &'static str)],
) -> (SocketAddr, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        converse(stream, answers).unwrap_or_else(|error| format!("({error})"))
    });
    (address, thread)
}

fn converse(mut stream: TcpStream, answers: &[(&str, &str)]) -> std::io::Result<String> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut heard, mut is_data) = (String::new(), false);
    stream.write_all(b"220 mail.example\r\n")?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(heard);
        }
        heard.push_str(&line);
        is_data &= line != ".\r\n";
        if is_data {
            continue;
        }
        let word = line.split_whitespace().next().unwrap_or_default();
        let answer =
            answers.iter().find(|(of, _)| *of == word).map_or("250 fine", |(_, says)| says);
        is_data = answer.starts_with("354");
        write!(stream, "{answer}\r\n")?;
    }
}

fn receiver(address: SocketAddr, tls: MailTls) -> Receiver {
    Receiver::Email(Email {
        host: address.ip().to_string(),
        port: address.port(),
        tls,
        user: Some("isobar".to_owned()),
        password: Some(Secret::new("secret")),
        from: "isobar@example.org".to_owned(),
        to: vec!["ann@example.org".to_owned()],
    })
}

const TIMEOUT: Duration = Duration::from_secs(5);

#[test]
fn a_mail_is_taken() {
    let (address, server) = server(&[("DATA", "354 go on")]);
    assert_eq!(send(&receiver(address, MailTls::None), TIMEOUT), Verdict::Delivered);
    let heard = server.join().unwrap();
    for part in [
        "MAIL FROM:<isobar@example.org>",
        "RCPT TO:<ann@example.org>",
        "Message-ID: <",
        "References: <group.",
    ] {
        assert!(heard.contains(part), "{part}: {heard}");
    }
    assert!(!heard.contains("AUTH"), "no password without TLS: {heard}");
}

#[test]
fn no_for_now_is_tried_again_and_no_is_not() {
    let (address, _server) = server(&[("RCPT", "451 later")]);
    assert!(matches!(send(&receiver(address, MailTls::None), TIMEOUT), Verdict::Again { .. }));
    let (address, _server) = server(&[("RCPT", "550 nobody of this name")]);
    let refused = send(&receiver(address, MailTls::None), TIMEOUT);
    assert!(
        matches!(&refused, Verdict::Refused { why } if why.contains("nobody of this name")),
        "{refused:?}"
    );
}

#[test]
fn nothing_is_said_to_a_server_without_tls() {
    let (address, server) = server(&[]);
    let verdict = send(&receiver(address, MailTls::StartTls), TIMEOUT);
    assert!(matches!(verdict, Verdict::Again { .. }), "{verdict:?}");
    let heard = server.join().unwrap();
    assert!(!heard.contains("MAIL") && !heard.contains("AUTH"), "{heard}");
}

#[test]
fn a_server_that_hangs_is_left() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let receiver = receiver(listener.local_addr().unwrap(), MailTls::None);
    let verdict = send(&receiver, Duration::from_millis(300));
    assert!(matches!(verdict, Verdict::Again { .. }), "{verdict:?}");
}

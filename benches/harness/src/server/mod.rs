//! Servers with canned answers: what was put last into a table or collection is what a read of it returns, under the key that is
//! asked for. So a contestant reads what it has written itself, and no server's work is in the way of the measurement.

mod dynamodb;
mod mongodb;

use std::io;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// Where the servers listen.
pub struct Addresses {
    pub dynamodb: String,
    pub mongodb: String,
    /// The same two, which answer after a delay.
    pub delayed_dynamodb: String,
    pub delayed_mongodb: String,
}

/// Starts them, on threads of this process.
pub fn start(delay: Duration) -> io::Result<Addresses> {
    let dynamodb = dynamodb::Tables::default();
    let mongodb = mongodb::Collections::default();
    let (d, m) = (dynamodb.clone(), mongodb.clone());
    Ok(Addresses {
        dynamodb: listen(move |stream| dynamodb.serve(stream, Duration::ZERO))?,
        mongodb: listen(move |stream| mongodb.serve(stream, Duration::ZERO))?,
        delayed_dynamodb: listen(move |stream| d.serve(stream, delay))?,
        delayed_mongodb: listen(move |stream| m.serve(stream, delay))?,
    })
}

/// Serves each connection on a thread, and returns the address.
fn listen(serve: impl Fn(TcpStream) -> io::Result<()> + Clone + Send + 'static) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = serve.clone();
            thread::spawn(move || {
                let _ = stream.set_nodelay(true);
                match serve(stream) {
                    Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
                        eprintln!("the canned server: {error}")
                    }
                    _ => {}
                }
            });
        }
    });
    Ok(address)
}

//! A proxy that ends TLS before a server that has none.

use super::core::Listener;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, crypto::ring};

/// What a client of PostgreSQL asks first: whether the server speaks TLS.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// A proxy with a certificate of its own for the name `localhost`, that nobody has signed; it ends when it is dropped.
#[derive(Debug)]
pub struct Tls {
    listener: Listener,
    encrypted: Arc<AtomicUsize>,
    certificate: PathBuf,
}

impl Tls {
    /// Starts in front of PostgreSQL, whose clients ask for TLS or do without.
    pub async fn before_postgres(upstream: &str) -> Self {
        Self::start(upstream, true).await
    }

    /// Starts in front of a server whose clients begin with TLS.
    pub async fn before(upstream: &str) -> Self {
        Self::start(upstream, false).await
    }

    async fn start(upstream: &str, is_asked: bool) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let file = std::env::temp_dir().join(format!("reposit-{}.pem", crate::servers::fresh_name()));
        std::fs::write(&file, made.cert.pem()).expect("the certificate's file");
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("the usual protocols").with_no_client_auth();
        let config = config.with_single_cert(vec![made.cert.der().clone()], key).expect("its key");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let encrypted = Arc::new(AtomicUsize::new(0));
        let (count, upstream) = (encrypted.clone(), upstream.to_owned());
        let listener = Listener::start(move |stream| {
            let (acceptor, count, upstream) = (acceptor.clone(), count.clone(), upstream.clone());
            async move {
                // A client that gives up leaves nothing to be done.
                let _ = serve(stream, &upstream, &acceptor, is_asked, &count).await;
            }
        })
        .await;
        Self { listener, encrypted, certificate: file }
    }

    /// Its `host:port`, by the name that its certificate is for.
    pub fn address(&self) -> String {
        self.listener.address.replace("127.0.0.1", "localhost")
    }

    /// The same by a name that the certificate is not for.
    pub fn address_by_number(&self) -> &str {
        &self.listener.address
    }

    /// The file of its certificate.
    pub fn certificate(&self) -> String {
        self.certificate.display().to_string()
    }

    /// How many connections came to speak TLS.
    pub fn encrypted(&self) -> usize {
        self.encrypted.load(Ordering::SeqCst)
    }

    /// How many connections were made to it.
    pub fn connections(&self) -> usize {
        self.listener.accepted()
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.certificate);
    }
}

async fn serve(
    mut client: TcpStream,
    upstream: &str,
    acceptor: &TlsAcceptor,
    is_asked: bool,
    encrypted: &AtomicUsize,
) -> io::Result<()> {
    let mut server = TcpStream::connect(upstream).await?;
    if is_asked {
        let mut first = [0; 8];
        client.read_exact(&mut first).await?;
        if first != SSL_REQUEST {
            server.write_all(&first).await?;
            copy_bidirectional(&mut client, &mut server).await?;
            return Ok(());
        }
        client.write_all(b"S").await?;
    }
    let mut client = acceptor.accept(client).await?;
    encrypted.fetch_add(1, Ordering::SeqCst);
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

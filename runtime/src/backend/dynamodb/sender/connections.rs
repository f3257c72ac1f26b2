//! The connections to DynamoDB, and how long an idle one is kept.

use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpConnector};

/// How long a connection is kept that nothing is sent on. DynamoDB was seen to close one after 60 seconds, and a request
/// that crosses its end has no answer: nobody knows whether it was applied.
pub(crate) const LONGEST_IDLE: Duration = Duration::from_secs(45);

pub(crate) fn tls() -> Provider {
    Provider::Rustls(CryptoMode::Ring)
}

/// Connections of which an idle one is kept for so long.
pub(crate) fn connector(connect_timeout: Duration, longest_idle: Duration) -> SharedHttpConnector {
    let settings = HttpConnectorSettings::builder().connect_timeout(connect_timeout).build();
    let connector = Connector::builder().pool_idle_timeout(longest_idle).tls_provider(tls());
    SharedHttpConnector::new(connector.connector_settings(settings).build())
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Instant;

    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
    use bytes::Bytes;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::backend::dynamodb::sender::Sender as _;
    use crate::backend::dynamodb::sender::own::OwnSender;
    use crate::backend::dynamodb::sender::target::Target;

    /// A second of the network, in the time of the test.
    const SECOND: Duration = Duration::from_millis(10);

    /// How long the server keeps an idle connection: a request on an older one is lost.
    const KEPT: Duration = Duration::from_millis(600);

    /// A server that forgets connections on which nothing comes for a while.
    async fn forgetful() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer_all(stream));
            }
        });
        address
    }

    async fn answer_all(mut stream: TcpStream) {
        let mut last = Instant::now();
        let mut read = [0; 4096];
        // A request of the test comes in one piece.
        while let Ok(1..) = stream.read(&mut read).await {
            if last.elapsed() > KEPT {
                return;
            }
            let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: 2\r\n\r\n{}";
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
            last = Instant::now();
        }
    }

    /// How many of the second requests are lost, of connections that are idle from nothing to two minutes in between.
    async fn lost(address: SocketAddr, longest_idle: Duration) -> usize {
        let lane = |pause: u32| async move {
            let keys = SharedCredentialsProvider::new(Credentials::new("KEY", "secret", None, None, "tests"));
            let config = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).credentials_provider(keys);
            let config = config.region(Region::from_static("us-east-1")).endpoint_url(format!("http://{address}"));
            let connector = connector(Duration::from_secs(5), longest_idle);
            let sender = OwnSender::new(&config.build(), connector).unwrap();
            sender.send(Target::PutItem, Bytes::from_static(b"{}")).await.unwrap();
            tokio::time::sleep(pause * SECOND).await;
            sender.send(Target::PutItem, Bytes::from_static(b"{}")).await
        };
        let lanes: Vec<_> = (0..120).step_by(3).map(|pause| tokio::spawn(lane(pause))).collect();
        let mut lost = 0;
        for lane in lanes {
            if let Err(failure) = lane.await.unwrap() {
                assert!(failure.class.may_be_applied(), "{failure:?}");
                lost += 1;
            }
        }
        lost
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn idle_connections_go_before_the_server_forgets_them() {
        let address = forgetful().await;
        let default = lost(address, 90 * SECOND).await;
        let own = lost(address, SECOND * u32::try_from(LONGEST_IDLE.as_secs()).unwrap()).await;
        println!("of 40 requests after a pause, {default} are lost with connections of 90 seconds, {own} with ours");
        assert_eq!(own, 0);
        // Those after 60 to 90 seconds: ten, and fewer on a machine that is busy.
        assert!(default > 0, "none is lost, so nothing is shown");
    }
}

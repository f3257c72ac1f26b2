//! Records in a table of the suite's server, and what is asked of each.

use reposit::Record;
use reposit::backend::postgres::sql::{Operand, Operands};
use reposit_tests::servers;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::json::as_json;

pub(crate) struct Documents {
    client: Client,
}

impl Documents {
    /// The records in their order, in a table that this connection alone sees.
    pub(crate) async fn of(records: &[Record]) -> Self {
        let url = servers::postgres().await.fresh_url();
        let (address, _) = url.split_once('?').expect("a schema");
        let (client, connection) = tokio_postgres::connect(address, NoTls).await.expect("the server answers");
        tokio::spawn(connection);
        client.batch_execute("CREATE TEMPORARY TABLE documents (at int, doc jsonb)").await.expect("a table");
        let insert = "INSERT INTO documents VALUES ($1, $2::text::jsonb)";
        for (at, record) in (0_i32..).zip(records) {
            client.execute(insert, &[&at, &as_json(record)]).await.expect("a document");
        }
        Self { client }
    }

    /// What an expression comes to for each record.
    pub(crate) async fn ask(&self, text: &str, operands: Operands) -> Vec<Option<String>> {
        let text = in_place(text, &operands.into_values());
        self.column(&format!("SELECT {text} FROM documents ORDER BY at")).await
    }

    /// JSON as the server writes it.
    pub(crate) async fn normal(&self, texts: Vec<Option<String>>) -> Vec<Option<String>> {
        let texts: Vec<_> = texts.iter().map(|text| text.as_deref().map_or("NULL".to_owned(), literal)).collect();
        let array = format!("ARRAY[{}]::text[]", texts.join(","));
        let sql = format!("SELECT text::jsonb::text FROM unnest({array}) WITH ORDINALITY AS a(text, at) ORDER BY at");
        self.column(&sql).await
    }

    async fn column(&self, sql: &str) -> Vec<Option<String>> {
        let messages = self.client.simple_query(sql).await.unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
        let rows = messages.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0).map(str::to_owned)),
            _ => None,
        });
        rows.collect()
    }
}

/// The statement with its operands written out: a table that one connection sees is asked many statements once.
fn in_place(text: &str, values: &[Operand]) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at(at);
        let digits = after.bytes().skip(1).take_while(u8::is_ascii_digit).count();
        out.push_str(before);
        match after[1..=digits].parse::<usize>() {
            Ok(number) => out.push_str(&written(&values[number - 1])),
            Err(_) => out.push('$'),
        }
        rest = &after[1 + digits..];
    }
    out + rest
}

fn written(operand: &Operand) -> String {
    match operand {
        Operand::Text(text) | Operand::Json(text) => literal(text),
        Operand::Integer(n) => format!("({n})"),
        Operand::Texts(texts) => {
            format!("ARRAY[{}]", texts.iter().map(|text| literal(text)).collect::<Vec<_>>().join(","))
        }
    }
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

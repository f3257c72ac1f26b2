//! What a backend shows of its requests, in its own words.

use std::time::Duration;

use reposit::StaleReads;
use reposit_conformance::{START, Test};
use reposit_tests::models::{Token, User};

reposit_conformance::cases!(
    an_explanation_is_of_the_time_of_the_clock,
    a_consistent_read_that_becomes_stale_is_no_more_consistent,
);

async fn an_explanation_is_of_the_time_of_the_clock(t: Test) {
    let db = t.with::<Token>().await;
    if t.db.backend_name() == "dynamodb" {
        assert!(Token::scan().explain(db).unwrap().contains(&START.to_string()));
        t.clock.advance(Duration::from_secs(7));
        assert!(Token::scan().explain(db).unwrap().contains(&(START + 7).to_string()));
    }
    // Of segments each is shown.
    let text = Token::scan().segments(2).explain(db).unwrap();
    let parts = match t.db.backend_name() {
        "dynamodb" => text.matches("\"TotalSegments\": 2").count(),
        "postgres" => text.matches("hashtext").count(),
        "mongodb" => text.matches("find").count() + text.matches("nothing is sent").count(),
        _ => text.matches("of 2 of tokens").count(),
    };
    assert_eq!(parts, 2, "{text}");
}

async fn a_consistent_read_that_becomes_stale_is_no_more_consistent(t: Test) {
    let db = t.with::<User>().await;
    let near = &db.stale_reads(StaleReads::nearest()).unwrap();
    let says = |text: String| text.to_lowercase().replace("\"consistentread\": false", "").contains("consistentread");
    let consistent = says(User::get("a").consistent().explain(db).unwrap());
    assert_eq!(consistent, db.backend_name() == "dynamodb");
    assert!(!says(User::get("a").consistent().stale().explain(near).unwrap()));
    assert!(!says(User::scan().consistent().stale().explain(near).unwrap()));
}

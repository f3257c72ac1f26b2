//! The crates that are compiled to see what a model costs: with serde alone, with reposit, and with toasty.

use std::fmt::Write as _;

/// A crate with models of one kind.
pub(crate) struct Kind {
    pub(crate) title: &'static str,
    /// The folder that it is compiled in, and the lock file of `benches` that it is compiled with.
    pub(crate) folder: &'static str,
    pub(crate) lock: &'static str,
    dependencies: &'static str,
    head: &'static str,
    model: &'static str,
    calls: &'static str,
    /// How many models are in the larger crate.
    pub(crate) models: u32,
}

const REPOSIT: &str = r#"
reposit = { path = "RUNTIME" }
serde = { version = "1", features = ["derive"] }
"#;

const TOASTY: &str = r#"
toasty = { version = "=0.11.0", default-features = false }
"#;

const PLAIN: Kind = Kind {
    title: "serde alone",
    folder: "reposit",
    lock: "Cargo.lock",
    dependencies: REPOSIT,
    head: "#![allow(dead_code, unused_imports)]
use std::pin::Pin;
use reposit::{Database, Repository};
use serde::{Deserialize, Serialize};
#[derive(Serialize, Deserialize)]
pub struct Address { pub street: String, pub city: String, pub postcode: String, pub country: String }
",
    model: "
#[derive(Serialize, Deserialize)]
pub struct UserN {
    pub id: String, pub team: String, pub name: String, pub email: String, pub about: String, pub age: u32, pub score: f64,
    pub active: bool, pub tags: Vec<String>, pub address: Address,
}
",
    calls: "",
    models: 50,
};

const OURS: Kind = Kind {
    title: "derive only",
    model: "
#[derive(Serialize, Deserialize, Repository)]
pub struct UserN {
    #[hash_key] pub id: String,
    #[index] pub team: String,
    pub name: String, pub email: String, pub about: String, pub age: u32, pub score: f64, pub active: bool, pub tags: Vec<String>,
    pub address: Address,
}
",
    ..PLAIN
};

const OURS_CALLED: Kind = Kind {
    title: "with create, get, find, update and delete",
    calls: "
pub fn callN(db: &Database, user: UserN) -> Pin<Box<dyn Future<Output = reposit::Result<()>> + Send + '_>> {
    Box::pin(async move {
        UserN::create(&user).exec(db).await?;
        let found = UserN::get(&user.id).exec(db).await?;
        let team: Vec<UserN> = UserN::find_by_team(&user.team).all(db).await?;
        UserN::update(&user.id).add(UserN::AGE, 1).exec(db).await?;
        UserN::delete(&user.id).exec(db).await?;
        drop((found, team));
        Ok(())
    })
}
",
    ..OURS
};

const THEIRS: Kind = Kind {
    title: "toasty, derive only",
    folder: "toasty",
    lock: "toasty/Cargo.lock",
    dependencies: TOASTY,
    head: "#![allow(dead_code, unused_imports)]
use std::pin::Pin;
#[derive(Clone, toasty::Embed)]
pub struct Address { pub street: String, pub city: String, pub postcode: String, pub country: String }
",
    model: "
#[derive(toasty::Model)]
pub struct UserN {
    #[key] pub id: String,
    #[index] pub team: String,
    pub name: String, pub email: String, pub about: String, pub age: u32, pub score: f64, pub active: bool, pub tags: Vec<String>,
    pub address: Address,
}
",
    models: 20,
    ..PLAIN
};

const THEIRS_CALLED: Kind = Kind {
    title: "toasty, with create, get, find, update and delete",
    calls: "
pub fn callN(db: &mut toasty::Db, user: UserN) -> Pin<Box<dyn Future<Output = toasty::Result<()>> + Send + '_>> {
    Box::pin(async move {
        let (id, team) = (user.id.clone(), user.team.clone());
        let create = UserN::create().id(user.id).team(user.team).name(user.name).email(user.email).about(user.about);
        create.age(user.age).score(user.score).active(user.active).tags(user.tags).address(user.address).exec(db).await?;
        let found = UserN::get_by_id(db, &id).await?;
        let team: Vec<UserN> = UserN::filter_by_team(&team).exec(db).await?;
        UserN::filter_by_id(&id).update().age(1).exec(db).await?;
        UserN::filter_by_id(&id).delete().exec(db).await?;
        drop((found, team));
        Ok(())
    })
}
",
    ..THEIRS
};

pub(crate) const KINDS: [Kind; 5] = [PLAIN, OURS, OURS_CALLED, THEIRS, THEIRS_CALLED];

impl Kind {
    pub(crate) fn manifest(&self, runtime: &str) -> String {
        let dependencies = self.dependencies.replace("RUNTIME", runtime);
        format!(
            "[package]\nname = \"models\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]{dependencies}\n\
             [profile.dev.package.\"*\"]\nopt-level = 3\ndebug = false\n"
        )
    }

    pub(crate) fn source(&self, models: u32) -> String {
        let mut text = self.head.to_owned();
        for n in 0..models {
            let part = format!("{}{}", self.model, self.calls);
            let _ =
                write!(text, "{}", part.replace("UserN", &format!("User{n}")).replace("callN", &format!("call{n}")));
        }
        text
    }
}

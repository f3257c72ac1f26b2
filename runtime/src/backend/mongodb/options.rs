//! The options of MongoDB's own connection string ("Connection String Options" in its manual): which
//! there are, and which of their values the library cannot keep its promises under.

/// Every option, as the manual writes it. Names are not case-sensitive.
pub(super) const OPTIONS: &[&str] = &[
    "adaptiveRetries",
    "appName",
    "authMechanism",
    "authMechanismProperties",
    "authSource",
    "compressors",
    "connectTimeoutMS",
    "directConnection",
    "enableOverloadRetargeting",
    "heartbeatFrequencyMS",
    "journal",
    "loadBalanced",
    "localThresholdMS",
    "maxAdaptiveRetries",
    "maxConnecting",
    "maxIdleTimeMS",
    "maxPoolSize",
    "maxStalenessSeconds",
    "minPoolSize",
    "proxyHost",
    "proxyPassword",
    "proxyPort",
    "proxyUsername",
    "readConcernLevel",
    "readPreference",
    "readPreferenceTags",
    "replicaSet",
    "retryReads",
    "retryWrites",
    "serverMonitoringMode",
    "serverSelectionTimeoutMS",
    "socketTimeoutMS",
    "srvMaxHosts",
    "srvServiceName",
    "ssl",
    "tls",
    "tlsAllowInvalidCertificates",
    "tlsAllowInvalidHostnames",
    "tlsCAFile",
    "tlsCertificateKeyFile",
    "tlsCertificateKeyFilePassword",
    "tlsInsecure",
    "uuidRepresentation",
    "w",
    "waitQueueTimeoutMS",
    "wtimeoutMS",
    "zlibCompressionLevel",
];

/// Why reads may go to the primary alone.
pub(super) const PRIMARY_ONLY: &str =
    "reads go to the primary, since on a secondary a record that was just written may not be there yet; leave it out";
/// Why a write has to be acknowledged.
pub(super) const ACKNOWLEDGED: &str =
    "is 0, so that no write would be acknowledged and none known to have happened; leave it out, or write w=majority";
/// Why some levels of the read concern are not enough.
pub(super) const LATEST_ONLY: &str =
    "is none of local, majority and linearizable; with others a record that was just written may not be read";

/// Refuses a value under which the library could not keep its promises: the option, as the manual
/// writes it, and why.
pub(super) fn check_promises(name: &str, value: &str) -> Result<(), (&'static str, String)> {
    let is = |option: &str| name.eq_ignore_ascii_case(option);
    let among = |values: &[&str]| values.iter().any(|known| value.eq_ignore_ascii_case(known));
    if is("readPreference") && !among(&["primary"]) {
        return Err(("readPreference", format!("is not `primary`: {PRIMARY_ONLY}")));
    }
    if is("readPreferenceTags") {
        return Err(("readPreferenceTags", format!("chooses among secondaries, but {PRIMARY_ONLY}")));
    }
    if is("maxStalenessSeconds") && value != "-1" {
        return Err(("maxStalenessSeconds", format!("chooses among secondaries, but {PRIMARY_ONLY}")));
    }
    if is("readConcernLevel") && !among(&["local", "majority", "linearizable"]) {
        return Err(("readConcernLevel", LATEST_ONLY.to_owned()));
    }
    if is("w") && value.parse() == Ok(0u32) {
        return Err(("w", ACKNOWLEDGED.to_owned()));
    }
    Ok(())
}

/// Whether the value of an option, the library's own among them, is secret or may have a secret in it.
pub(super) fn is_secret(name: &str) -> bool {
    const SECRET: [&str; 4] =
        ["cursor_key", "authMechanismProperties", "proxyPassword", "tlsCertificateKeyFilePassword"];
    SECRET.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

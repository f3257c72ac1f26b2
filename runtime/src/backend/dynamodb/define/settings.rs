//! What is set on a table beside its keys and indexes, and is left alone.

use aws_sdk_dynamodb::types::{BillingMode, SseStatus, TableClass, TableDescription};

use crate::backend::Plan;
use crate::definition::Definition;

/// Adds to a plan what is set on the table, as far as its description says. Tags and backups are not in it.
pub(super) fn compare(definition: &Definition, table: &TableDescription, plan: &mut Plan) {
    let told = [capacity(definition, table), stream(table), encryption(table), class(table), replicas(table)];
    told.into_iter().flatten().for_each(|what| plan.add_left_alone(what));
    if table.deletion_protection_enabled() == Some(true) {
        plan.add_left_alone("protection against deletion");
    }
    if let Some(most) = table.on_demand_throughput() {
        let units =
            |most: Option<i64>| most.filter(|most| *most >= 0).map_or("any".to_owned(), |most| most.to_string());
        let (read, write) = (units(most.max_read_request_units()), units(most.max_write_request_units()));
        plan.add_left_alone(format!("a throughput of at most {read} read and {write} write request units a second"));
    }
}

/// The capacity, if it is not what the model would be given.
fn capacity(definition: &Definition, table: &TableDescription) -> Option<String> {
    let is_on_demand =
        table.billing_mode_summary().is_some_and(|summary| summary.billing_mode() == Some(&BillingMode::PayPerRequest));
    let units = table.provisioned_throughput().filter(|_| !is_on_demand);
    let units = units.and_then(|units| units.read_capacity_units().zip(units.write_capacity_units()));
    let there = units.filter(|(read, _)| *read > 0);
    // Where only one of the two is given, it is that of both.
    let (read, write) = (definition.read_capacity(), definition.write_capacity());
    let own = read.or(write).zip(write.or(read));
    let words = |(read, write): (String, String)| format!("{read} read and {write} write capacity units");
    let there = there.map(|(read, write)| words((read.to_string(), write.to_string())));
    let own = own.map(|(read, write)| words((read.to_string(), write.to_string())));
    match (there, own) {
        (there, own) if there == own => None,
        (Some(there), None) => Some(format!("a provisioned capacity of {there}")),
        (Some(there), Some(own)) => Some(format!("a provisioned capacity of {there}, where the model says {own}")),
        (None, Some(own)) => Some(format!("capacity on demand, where the model says {own}")),
        (None, None) => None,
    }
}

fn stream(table: &TableDescription) -> Option<String> {
    let stream = table.stream_specification().filter(|stream| stream.stream_enabled())?;
    Some(match stream.stream_view_type() {
        Some(view) => format!("a stream of {view}"),
        None => "a stream".to_owned(),
    })
}

fn encryption(table: &TableDescription) -> Option<String> {
    let encryption = table.sse_description()?;
    let is_off = matches!(encryption.status(), None | Some(SseStatus::Disabled | SseStatus::Disabling));
    (!is_off).then(|| match encryption.sse_type() {
        Some(kind) => format!("encryption at rest by {kind}"),
        None => "encryption at rest".to_owned(),
    })
}

fn class(table: &TableDescription) -> Option<String> {
    let class = table.table_class_summary()?.table_class()?;
    (*class != TableClass::Standard).then(|| format!("the table class {class}"))
}

fn replicas(table: &TableDescription) -> Option<String> {
    let regions: Vec<_> = table.replicas().iter().filter_map(|replica| replica.region_name()).collect();
    (!regions.is_empty()).then(|| format!("replicas in {}", regions.join(", ")))
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::{
        BillingModeSummary, OnDemandThroughput, ProvisionedThroughputDescription, ReplicaDescription, SseDescription,
        SseType, StreamSpecification, StreamViewType, TableClassSummary,
    };

    use super::*;
    use crate::definition::{FieldDef, KeyDef, KeyKind, Spec};

    const FIELDS: &[FieldDef] = &[FieldDef::new("id", "id")];
    static OWN: Definition = Spec::new("A", "a_table", FIELDS, KeyDef::new(0, KeyKind::String)).build();
    static PROVISIONED: Definition =
        Spec::new("B", "b_table", FIELDS, KeyDef::new(0, KeyKind::String)).capacity(Some(1), Some(2)).build();

    fn told(definition: &Definition, table: TableDescription) -> Vec<String> {
        let mut plan = Plan::new("t");
        compare(definition, &table, &mut plan);
        plan.left_alone().to_vec()
    }

    #[test]
    fn what_the_library_makes_itself_is_not_told() {
        let on_demand = BillingModeSummary::builder().billing_mode(BillingMode::PayPerRequest).build();
        let units = ProvisionedThroughputDescription::builder().read_capacity_units(0).write_capacity_units(0).build();
        let table = TableDescription::builder().billing_mode_summary(on_demand).provisioned_throughput(units);
        let table = table.deletion_protection_enabled(false);
        assert!(told(&OWN, table.build()).is_empty());
        let units = ProvisionedThroughputDescription::builder().read_capacity_units(1).write_capacity_units(2).build();
        assert!(told(&PROVISIONED, TableDescription::builder().provisioned_throughput(units).build()).is_empty());
    }

    #[test]
    fn what_others_set_is_told() {
        let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewImage);
        let most = OnDemandThroughput::builder().max_read_request_units(9).max_write_request_units(-1).build();
        let table = TableDescription::builder()
            .stream_specification(stream.build().unwrap())
            .sse_description(SseDescription::builder().status(SseStatus::Enabled).sse_type(SseType::Kms).build())
            .table_class_summary(TableClassSummary::builder().table_class(TableClass::StandardInfrequentAccess).build())
            .replicas(ReplicaDescription::builder().region_name("eu-west-1").build())
            .deletion_protection_enabled(true)
            .on_demand_throughput(most);
        let expected = [
            "a stream of NEW_IMAGE",
            "encryption at rest by KMS",
            "the table class STANDARD_INFREQUENT_ACCESS",
            "replicas in eu-west-1",
            "protection against deletion",
            "a throughput of at most 9 read and any write request units a second",
        ];
        assert_eq!(told(&OWN, table.build()), expected);
    }

    #[test]
    fn another_capacity_is_told() {
        let units =
            || ProvisionedThroughputDescription::builder().read_capacity_units(5).write_capacity_units(5).build();
        let table = || TableDescription::builder().provisioned_throughput(units()).build();
        assert_eq!(told(&OWN, table()), ["a provisioned capacity of 5 read and 5 write capacity units"]);
        let both = "a provisioned capacity of 5 read and 5 write capacity units, where the model says 1 read and 2 write capacity units";
        assert_eq!(told(&PROVISIONED, table()), [both]);
        let on_demand = TableDescription::builder().build();
        assert_eq!(
            told(&PROVISIONED, on_demand),
            ["capacity on demand, where the model says 1 read and 2 write capacity units"]
        );
    }
}

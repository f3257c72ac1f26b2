//! The macros that make tests for each backend of the [list](crate::backends).

/// Makes tests for each backend that offers a thing: `every`, `server`, `mongodb` or `dynamodb`.
///
/// The tests of a backend are in a module of its name. Each calls a function of a [`Target`](crate::servers::Target). Within one
/// module the macro is called once.
///
/// ```text
/// on_backends!(server #[tokio::test(flavor = "multi_thread")] no_answer: crate::silence::every_call_ends);
/// ```
#[macro_export]
macro_rules! on_backends {
    ($offer:ident # $attribute:tt $($name:ident: $test:path),+ $(,)?) => {
        $crate::with_backends! { [$crate::on_backends!] ($offer (# $attribute $($name: $test),+)) }
    };
    (@backends ($offer:ident $tests:tt) $($module:ident $target:ident $label:literal $offers:tt)+) => {
        $($crate::if_offered! { $offer $offers { $crate::on_backends! { @tests $module $target $tests } } })+
    };
    (@tests $module:ident $target:ident (# $attribute:tt $($name:ident: $test:path),+)) => {
        mod $module {
            $(
                # $attribute
                async fn $name() {
                    $test($crate::servers::Target::$target).await;
                }
            )+
        }
    };
}

/// Makes a test of each case for every backend: a function of this module, of a [`Test`](crate::harness::Test).
///
/// Each runs twice more over a client that a program brings: on DynamoDB Local over one of the SDK, on MongoDB over one of the
/// driver. And once more in memory, behind faults of which none happens.
#[macro_export]
macro_rules! cases {
    ($($name:ident),+ $(,)?) => {
        $crate::with_backends! { [$crate::cases!] ($($name)+) }
        $crate::cases! { @brought from_sdk_config SdkConfig $($name)+ }
        $crate::cases! { @brought from_database Database $($name)+ }
        $crate::cases! { @faultless $($name)+ }
    };
    (@brought $module:ident $client:ident $($name:ident)+) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $name() {
                    let case = concat!(module_path!(), "::", stringify!($name));
                    $crate::harness::run_over($crate::brought::Client::$client, case, super::$name).await;
                }
            )+
        }
    };
    (@faultless $($name:ident)+) => {
        mod behind_no_faults {
            $(
                #[tokio::test]
                async fn $name() {
                    let case = concat!(module_path!(), "::", stringify!($name));
                    $crate::harness::run_behind_no_faults(case, super::$name).await;
                }
            )+
        }
    };
    (@backends $names:tt $($module:ident $target:ident $label:literal $offers:tt)+) => {
        $($crate::cases! { @cases $module $target $names })+
    };
    (@cases $module:ident $target:ident ($($name:ident)+)) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $name() {
                    let case = concat!(module_path!(), "::", stringify!($name));
                    $crate::harness::run($crate::servers::Target::$target, case, super::$name).await;
                }
            )+
        }
    };
}

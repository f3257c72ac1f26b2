//! The backends that the suite runs on: the one list of them, and the macros that make tests for each.
//!
//! A backend of the list has a line: the module of its tests, its [`Target`](crate::servers::Target), and what it offers. `every`
//! stands in each line; `embedded` is a store within the process, `server` one behind a network, which has a function of the
//! module's name in [`servers`](crate::servers); `mongodb` and `dynamodb` are the protocols that a server answers.

/// Hands the list of backends to a macro, after `@backends` and what is given with it.
#[macro_export]
macro_rules! with_backends {
    ([$($then:tt)+] $given:tt) => {
        $($then)+ {
            @backends $given
            memory Memory "memory" [every embedded]
            mongodb Mongodb "mongodb" [every server mongodb]
            dynamodb_local DynamodbLocal "dynamodb-local" [every server dynamodb]
            dynoxide Dynoxide "dynoxide" [every server dynamodb]
        }
    };
}

/// Makes tests for each backend that offers a thing: `every`, `server`, `mongodb` or `dynamodb`.
///
/// The tests of a backend are in a module of its name. Each calls a function of a [`Target`](crate::servers::Target). Within one
/// module the macro is called once.
///
/// ```ignore
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
#[macro_export]
macro_rules! cases {
    ($($name:ident),+ $(,)?) => {
        $crate::with_backends! { [$crate::cases!] ($($name)+) }
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

/// Expands to what is in the braces if a backend offers the thing.
#[doc(hidden)]
#[macro_export]
macro_rules! if_offered {
    (every [every $($more:ident)*] { $($then:tt)* }) => { $($then)* };
    (embedded [every embedded] { $($then:tt)* }) => { $($then)* };
    (server [every server $($more:ident)*] { $($then:tt)* }) => { $($then)* };
    (mongodb [every server mongodb] { $($then:tt)* }) => { $($then)* };
    (dynamodb [every server dynamodb] { $($then:tt)* }) => { $($then)* };
    ($offer:ident [$($offers:ident)+] $then:tt) => {};
}

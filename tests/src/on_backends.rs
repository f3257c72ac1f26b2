//! The macro that makes tests for each backend of the [list](crate::backends).

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

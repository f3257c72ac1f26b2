//! Macros that make field types, and keys, of types that methods take by value.

/// Makes field types, given how a value is encoded and which constants are not the trait's own.
macro_rules! by_value {
    (@one $ty:ty, $value:ident => $encode:expr, {$($constants:tt)*}) => {
        impl FieldType for $ty {
            type Arg<'a> = $ty;
            $($constants)*
            fn encode($value: $ty) -> Result<Value> {
                $encode
            }
            fn with_value<R>(value: $ty, f: impl FnOnce(&Self) -> R) -> R {
                f(&value)
            }
        }
    };
    ($value:ident => $encode:expr, $constants:tt: $($ty:ty),*) => {$(
        by_value!(@one $ty, $value => $encode, $constants);
    )*};
    // As serde writes it.
    ($constants:tt: $($ty:ty),*) => {
        by_value!(value => encode(&value), $constants: $($ty),*);
    };
}

/// Implements traits that have nothing in them.
macro_rules! mark {
    (@one $ty:ty, [$($marker:ident),*]) => {$(impl $marker for $ty {})*};
    ($markers:tt: $($ty:ty),*) => {$(mark!(@one $ty, $markers);)*};
}

/// Makes keys of a kind, and implements traits that have nothing in them.
macro_rules! keys {
    ($kind:ident $markers:tt: $($ty:ty),*) => {
        $(impl Key for $ty {
            const KIND: KeyKind = KeyKind::$kind;
            fn arg(&self) -> $ty {
                *self
            }
        })*
        mark!($markers: $($ty),*);
    };
}

pub(super) use {by_value, keys, mark};

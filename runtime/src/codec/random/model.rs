//! Random models, each field of a random type and in the stored form that the derive gives it.

use super::types::{Data, Field, Type, stored_fields};
use crate::definition::{Definition, KeyDef, KeyKind, Spec};
use crate::fuzz::Dice;

/// A model whose first field is its key, and is text.
pub(crate) struct Model {
    pub(crate) ty: &'static Type,
    pub(crate) definition: &'static Definition,
}

impl Model {
    pub(crate) fn random(dice: &mut Dice<'_>) -> Self {
        let count = 1 + dice.below(3);
        let mut fields = vec![Field { ty: Type::Text, default: None }];
        for _ in 0..count {
            let ty = Type::random(dice, 3);
            let default = dice.flag().then(|| ty.value(dice));
            fields.push(Field { ty, default });
        }
        let spec = Spec::new("Model", "models", stored_fields(&fields), KeyDef::new(0, KeyKind::String));
        Self { ty: Box::leak(Box::new(Type::Struct(fields))), definition: Box::leak(Box::new(spec.build())) }
    }

    pub(crate) fn value(&self, dice: &mut Dice<'_>) -> Data {
        match self.ty.value(dice) {
            Data::Many(mut fields) => {
                fields.splice(..1, [Data::Text("key".to_owned())]);
                Data::Many(fields)
            }
            other => other,
        }
    }
}

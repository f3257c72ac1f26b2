//! What can be defined together: models, and tuples of them.

use crate::definition::Definition;
use crate::model::Model;

/// A model, or a tuple of up to twelve models and tuples, for [`Database::define`](crate::Database::define) and
/// [`Database::plan`](crate::Database::plan). Sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a repository, nor a tuple of repositories",
    label = "not a repository",
    note = "derive it: `#[derive(Serialize, Deserialize, Repository)]`"
)]
pub trait RepositorySet: Sealed {
    /// The definitions.
    fn definitions() -> Vec<&'static Definition>;
}

/// Only models and tuples of them are sets of repositories.
pub trait Sealed {}

impl<M: Model> Sealed for M {}

impl<M: Model> RepositorySet for M {
    fn definitions() -> Vec<&'static Definition> {
        vec![M::DEFINITION]
    }
}

macro_rules! repository_tuples {
    ($($name:ident)*) => {
        impl<$($name: Sealed),*> Sealed for ($($name,)*) {}

        impl<$($name: RepositorySet),*> RepositorySet for ($($name,)*) {
            fn definitions() -> Vec<&'static Definition> {
                [$($name::definitions()),*].concat()
            }
        }
    };
}

repository_tuples!(A);
repository_tuples!(A B);
repository_tuples!(A B C);
repository_tuples!(A B C D);
repository_tuples!(A B C D E);
repository_tuples!(A B C D E F);
repository_tuples!(A B C D E F G);
repository_tuples!(A B C D E F G H);
repository_tuples!(A B C D E F G H I);
repository_tuples!(A B C D E F G H I J);
repository_tuples!(A B C D E F G H I J K);
repository_tuples!(A B C D E F G H I J K L);

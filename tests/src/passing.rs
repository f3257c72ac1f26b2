//! A backend that stands before another, its field `inner`, and changes a part of what it does.

/// The methods that only pass on what they are asked.
#[macro_export]
macro_rules! passes_on {
    ($($method:ident),+ $(,)?) => { $($crate::passes_on!(@ $method);)+ };
    (@ limits) => {
        fn limits(&self) -> ::reposit::backend::Limits {
            self.inner.limits()
        }
    };
    (@ raw) => {
        fn raw(&self) -> &(dyn ::std::any::Any + Send + Sync) {
            self.inner.raw()
        }
    };
    (@ ping) => { $crate::passes_on!(= ping -> (),); };
    (@ plan) => { $crate::passes_on!(= plan -> ::reposit::backend::Plan, definition: &'static ::reposit::Definition); };
    (@ define) => { $crate::passes_on!(= define -> (), definition: &'static ::reposit::Definition); };
    (@ get) => { $crate::passes_on!(= get -> Option<::reposit::Record>, get: ::reposit::backend::Get); };
    (@ get_many) => {
        $crate::passes_on!(
            = get_many -> Vec<Option<::reposit::Record>>,
            get: ::reposit::backend::GetMany
        );
    };
    (@ find_unique) => {
        $crate::passes_on!(= find_unique -> Option<::reposit::Record>, find: ::reposit::backend::FindUnique);
    };
    (@ query) => { $crate::passes_on!(= query -> ::reposit::backend::RecordPage, query: ::reposit::backend::Query); };
    (@ count) => { $crate::passes_on!(= count -> u64, query: ::reposit::backend::Query); };
    (@ write) => { $crate::passes_on!(= write -> ::reposit::backend::Written, write: ::reposit::backend::Write); };
    (@ write_many) => {
        $crate::passes_on!(
            = write_many -> Vec<::reposit::Result<::reposit::backend::Written>>,
            writes: ::reposit::backend::WriteMany
        );
    };
    (@ transact) => {
        $crate::passes_on!(
            = transact -> Vec<::reposit::backend::Written>,
            writes: Vec<::reposit::backend::Write>
        );
    };
    (@ read_snapshot) => {
        $crate::passes_on!(= read_snapshot -> Vec<Option<::reposit::Record>>, gets: Vec<::reposit::backend::Get>);
    };
    (@ verify) => {
        $crate::passes_on!(= verify -> Vec<String>, verify: ::reposit::backend::Verify);
    };
    (= $method:ident -> $answer:ty, $($argument:ident: $type:ty),*) => {
        fn $method(&self, call: ::reposit::backend::Call $(, $argument: $type)*) -> ::reposit::backend::Reply<'_, $answer> {
            self.inner.$method(call $(, $argument)*)
        }
    };
}

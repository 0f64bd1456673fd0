//! What a contract imports: cosmwasm-std, the caller's verified grant, typed storage, a test host.

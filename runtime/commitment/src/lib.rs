//! Poseidon over BN254 and the indexed Merkle tree that state, grants and networks commit to.

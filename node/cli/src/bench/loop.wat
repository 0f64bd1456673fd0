;; A contract whose `execute` goes round a loop as often as its message says: {"spin":{"rounds":100}}.
;; A round has no meaning. Its operations are in about the shares that calls of the example contracts have.
(module
  (memory (export "memory") 1)
  (global $heap (mut i32) (i32.const 8192))
  (func (export "interface_version_8"))
  (func (export "deallocate") (param i32))
  (func (export "allocate") (param $size i32) (result i32) (local $region i32)
    (local.set $region (global.get $heap))
    (global.set $heap (i32.add (i32.add (local.get $region) (i32.const 12)) (local.get $size)))
    (i32.store (local.get $region) (i32.add (local.get $region) (i32.const 12)))
    (i32.store offset=4 (local.get $region) (local.get $size))
    (local.get $region))
  (func (export "instantiate") (param i32 i32 i32) (result i32) (i32.const 16))
  (func (export "execute") (param $env i32) (param $info i32) (param $message i32) (result i32)
    (call $spin (call $number (local.get $message)))
    (i32.const 16))

  ;; The decimal digits of a region's bytes, as a number.
  (func $number (param $region i32) (result i32) (local $at i32) (local $end i32) (local $digit i32) (local $number i32)
    (local.set $at (i32.load (local.get $region)))
    (local.set $end (i32.add (local.get $at) (i32.load offset=8 (local.get $region))))
    (loop $next
      (local.set $digit (i32.sub (i32.load8_u (local.get $at)) (i32.const 48)))
      (if (i32.lt_u (local.get $digit) (i32.const 10))
        (then (local.set $number
          (i32.add (i32.mul (local.get $number) (i32.const 10)) (local.get $digit)))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (local.get $number))

  ;; Every round takes the same instructions: where a branch leads makes no difference.
  (func $spin (param $rounds i32)
    (local $at i32) (local $word i32) (local $low i32) (local $high i32) (local $sum i32) (local $last i32)
    (loop $round
      ;; Two neighbouring bytes.
      (local.set $at (i32.and (local.get $rounds) (i32.const 62)))
      (local.set $low (i32.load8_u offset=1024 (local.get $at)))
      (local.set $high (i32.load8_u offset=1025 (local.get $at)))
      (block (br_if 0 (i32.lt_u (local.get $low) (local.get $high))))
      (block (br_if 0 (i32.eq (local.get $low) (local.get $last))))
      (local.set $last (local.get $low))
      ;; The word that they are in.
      (local.set $at (i32.and (local.get $rounds) (i32.const 60)))
      (local.set $word (i32.load offset=1024 (local.get $at)))
      (local.set $sum (i32.add (local.get $sum) (local.get $high)))
      (local.set $sum (i32.rotl (i32.xor (local.get $sum) (local.get $word)) (i32.const 5)))
      (block (br_if 0 (i32.ge_u (local.get $sum) (local.get $word))))
      (i32.store offset=1024 (local.get $at) (i32.add (local.get $sum) (local.get $low)))
      ;; Counters, in memory and not.
      (local.set $word (i32.load offset=2048 (local.get $at)))
      (local.set $high (i32.sub (local.get $word) (local.get $low)))
      (i32.store offset=2048 (local.get $at) (i32.add (local.get $word) (i32.const 1)))
      (local.set $last (i32.add (local.get $high) (local.get $last)))
      (block (br_if 0 (i32.ne (local.get $last) (i32.const 0))))
      (local.set $low (local.get $last))
      (local.set $last (i32.add (local.get $low) (i32.const 3)))
      (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))

  ;; A region of a response without anything in it.
  (data (i32.const 16) "\00\01\00\00\3e\00\00\00\3e\00\00\00")
  (data (i32.const 256) "{\22ok\22:{\22messages\22:[],\22attributes\22:[],\22events\22:[],\22data\22:null}}")
  (data (i32.const 1024) "These bytes are what a round takes two of, and then a word: any."))

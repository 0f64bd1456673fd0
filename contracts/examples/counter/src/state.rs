use nectar_sdk::Item;

pub(crate) const COUNT: Item<u64> = Item::new("c");

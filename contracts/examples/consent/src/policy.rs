//! The decision, without any storage.

use nectar_sdk::{FieldMask, PublicKey, Purpose};
use serde::{Deserialize, Serialize};

use crate::ContractError;
use crate::msg::{Actor, Effect, NumberedRule, PermitsResponse, Role, Rule};

/// Most rules of one patient at a time.
pub const MAX_RULES: usize = 64;

/// A patient's rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Directives {
    next: u32,
    pub(crate) rules: Vec<NumberedRule>,
}

/// Who would see which fields, why and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    pub(crate) holder: PublicKey,
    pub(crate) purpose: Purpose,
    pub(crate) fields: FieldMask,
    pub(crate) now: u64,
}

/// How close a rule is to a holder, closest first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Closeness {
    Holder,
    Role,
    Anyone,
}

impl Directives {
    /// Adds a rule, in place of those that have ended, and returns its number.
    pub(crate) fn record(&mut self, rule: Rule, now: u64) -> Result<u32, ContractError> {
        if rule.fields.is_empty() {
            return Err(ContractError::NoFields);
        }
        if rule.ended(now) {
            return Err(ContractError::RuleEnded);
        }
        self.rules.retain(|numbered| !numbered.rule.ended(now));
        if self.rules.len() >= MAX_RULES {
            return Err(ContractError::TooManyRules);
        }
        let number = self.next;
        self.next = number.checked_add(1).ok_or(ContractError::TooManyRules)?;
        self.rules.push(NumberedRule { number, rule });
        Ok(number)
    }

    pub(crate) fn withdraw(&mut self, rule: u32) -> Result<(), ContractError> {
        let before = self.rules.len();
        self.rules.retain(|numbered| numbered.number != rule);
        if self.rules.len() == before { Err(ContractError::NoSuchRule { rule }) } else { Ok(()) }
    }

    /// Whether the decision needs the holder's role.
    pub(crate) fn ask_for_role(&self) -> bool {
        self.rules.iter().any(|numbered| matches!(numbered.rule.who, Actor::Role(_)))
    }

    /// Decides each field by the closest rules about it; where none speaks, it is permitted.
    pub(crate) fn decide(&self, request: &Request, role: Option<Role>) -> PermitsResponse {
        let mut open = request.fields;
        let mut denied = FieldMask::NONE;
        let (mut denial, mut permission) = (None, None);
        for closeness in [Closeness::Holder, Closeness::Role, Closeness::Anyone] {
            let mut spoken = FieldMask::NONE;
            for effect in [Effect::Deny, Effect::Permit] {
                let rules = self.rules.iter().filter(|numbered| {
                    numbered.rule.effect == effect && numbered.rule.reaches(request, role) == Some(closeness)
                });
                for numbered in rules {
                    let fields = numbered.rule.fields.intersection(open).without(spoken);
                    if fields.is_empty() {
                        continue;
                    }
                    let decided_by = if effect == Effect::Deny { &mut denial } else { &mut permission };
                    decided_by.get_or_insert(numbered.number);
                    if effect == Effect::Deny {
                        denied = denied.union(fields);
                    }
                    spoken = spoken.union(fields);
                }
            }
            open = open.without(spoken);
        }
        PermitsResponse {
            permitted: denied.is_empty(),
            fields: request.fields.without(denied),
            rule: denial.or(permission),
        }
    }
}

impl Rule {
    fn ended(&self, now: u64) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// How close the rule is to the request's holder; `None` if it is not about this request at all.
    fn reaches(&self, request: &Request, role: Option<Role>) -> Option<Closeness> {
        if self.ended(request.now) || !self.is_about(request.purpose) {
            return None;
        }
        match (self.who, role) {
            (Actor::Anyone, _) => Some(Closeness::Anyone),
            (Actor::Holder(holder), _) => (holder == request.holder).then_some(Closeness::Holder),
            (Actor::Role(about), Some(role)) => (about == role).then_some(Closeness::Role),
            (Actor::Role(_), None) => (self.effect == Effect::Deny).then_some(Closeness::Role),
        }
    }

    fn is_about(&self, purpose: Purpose) -> bool {
        if self.purposes.is_empty() {
            purpose != Purpose::EmergencyTreatment
        } else {
            self.purposes.contains(&purpose)
        }
    }
}

#[cfg(test)]
mod tests {
    use nectar_sdk::testing::{NOW, key};
    use proptest::prelude::*;

    use super::*;

    fn rule(effect: Effect, who: Actor) -> Rule {
        Rule { effect, who, purposes: [].into(), fields: FieldMask::ALL, until: None }
    }

    fn rules(list: impl IntoIterator<Item = Rule>) -> Directives {
        let mut directives = Directives::default();
        for rule in list {
            directives.record(rule, NOW).unwrap();
        }
        directives
    }

    fn treats(fields: u64) -> Request {
        Request { holder: key("lab"), purpose: Purpose::Treatment, fields: FieldMask(fields), now: NOW }
    }

    fn decided(fields: u64, asked: u64, rule: Option<u32>) -> PermitsResponse {
        PermitsResponse { permitted: fields == asked, fields: FieldMask(fields), rule }
    }

    use Actor::{Anyone, Holder, Role as HasRole};
    use Effect::{Deny, Permit};

    #[test]
    fn without_rules_the_grant_decides_alone() {
        assert_eq!(rules([]).decide(&treats(6), None), decided(6, 6, None));
    }

    #[test]
    fn a_denial_closes_what_it_names_and_no_more() {
        let some = rules([Rule { fields: FieldMask(2), ..rule(Deny, Anyone) }]);
        assert_eq!(some.decide(&treats(6), None), decided(4, 6, Some(0)));
        assert_eq!(some.decide(&treats(4), None), decided(4, 4, None));
    }

    #[test]
    fn the_closest_rule_wins() {
        let lab = Holder(key("lab"));
        let known = Some(Role::Laboratory);
        let opt_in = rules([rule(Deny, Anyone), rule(Permit, lab)]);
        assert_eq!(opt_in.decide(&treats(6), None), decided(6, 6, Some(1)));
        let by_role = rules([rule(Deny, Anyone), rule(Permit, HasRole(Role::Laboratory))]);
        assert_eq!(by_role.decide(&treats(6), known), decided(6, 6, Some(1)));
        assert_eq!(by_role.decide(&treats(6), Some(Role::Insurer)), decided(0, 6, Some(0)));
        let not_this_lab = rules([rule(Permit, HasRole(Role::Laboratory)), rule(Deny, lab)]);
        assert_eq!(not_this_lab.decide(&treats(6), known), decided(0, 6, Some(1)));
    }

    #[test]
    fn between_equally_close_rules_the_denial_wins() {
        for list in [[Permit, Deny], [Deny, Permit]] {
            let both = rules(list.map(|effect| rule(effect, Anyone)));
            assert!(!both.decide(&treats(1), None).permitted);
        }
    }

    #[test]
    fn each_field_is_decided_on_its_own() {
        let mixed =
            rules([rule(Deny, Anyone), Rule { fields: FieldMask(2), ..rule(Permit, Holder(key("lab"))) }]);
        assert_eq!(mixed.decide(&treats(6), None), decided(2, 6, Some(0)));
        assert_eq!(mixed.decide(&treats(2), None), decided(2, 2, Some(1)));
    }

    #[test]
    fn an_unknown_role_may_be_the_denied_one_but_not_the_permitted_one() {
        let denied = rules([rule(Deny, HasRole(Role::Insurer))]);
        assert_eq!(denied.decide(&treats(1), None), decided(0, 1, Some(0)));
        assert_eq!(denied.decide(&treats(1), Some(Role::Clinician)), decided(1, 1, None));
        let permitted = rules([rule(Deny, Anyone), rule(Permit, HasRole(Role::Insurer))]);
        assert_eq!(permitted.decide(&treats(1), None), decided(0, 1, Some(0)));
    }

    #[test]
    fn a_rule_without_purposes_leaves_emergencies_open() {
        let emergency = Request { purpose: Purpose::EmergencyTreatment, ..treats(1) };
        let all = rules([rule(Deny, Anyone)]);
        assert!(all.decide(&emergency, None).permitted);
        let named = Rule { purposes: [Purpose::EmergencyTreatment].into(), ..rule(Deny, Anyone) };
        assert!(!rules([named.clone()]).decide(&emergency, None).permitted);
        assert!(rules([named]).decide(&treats(1), None).permitted);
    }

    #[test]
    fn a_rule_counts_until_its_last_second() {
        let ends = rules([Rule { until: Some(NOW + 10), ..rule(Deny, Anyone) }]);
        assert!(!ends.decide(&Request { now: NOW + 9, ..treats(1) }, None).permitted);
        assert!(ends.decide(&Request { now: NOW + 10, ..treats(1) }, None).permitted);
    }

    #[test]
    fn rules_are_bounded_and_ended_ones_make_room() {
        let mut full = rules((0..MAX_RULES).map(|_| Rule { until: Some(NOW + 1), ..rule(Deny, Anyone) }));
        assert!(matches!(full.record(rule(Deny, Anyone), NOW), Err(ContractError::TooManyRules)));
        assert_eq!(full.record(rule(Deny, Anyone), NOW + 1).unwrap(), 64);
        assert_eq!(full.rules.len(), 1);
    }

    #[test]
    fn a_number_is_never_used_twice() {
        let mut some = rules([rule(Deny, Anyone)]);
        some.withdraw(0).unwrap();
        assert_eq!(some.record(rule(Deny, Anyone), NOW).unwrap(), 1);
        assert!(matches!(some.withdraw(0), Err(ContractError::NoSuchRule { rule: 0 })));
    }

    #[test]
    fn a_rule_about_nothing_is_refused() {
        let mut none = Directives::default();
        let empty = Rule { fields: FieldMask(0), ..rule(Deny, Anyone) };
        assert!(matches!(none.record(empty, NOW), Err(ContractError::NoFields)));
        let over = Rule { until: Some(NOW), ..rule(Deny, Anyone) };
        assert!(matches!(none.record(over, NOW), Err(ContractError::RuleEnded)));
    }

    fn any_rule() -> impl Strategy<Value = Rule> {
        let who = prop_oneof![
            Just(Anyone),
            Just(Holder(key("lab"))),
            Just(Holder(key("other"))),
            Just(HasRole(Role::Laboratory)),
            Just(HasRole(Role::Insurer)),
        ];
        (prop_oneof![Just(Deny), Just(Permit)], who, 1u64..16)
            .prop_map(|(effect, who, fields)| Rule { fields: FieldMask(fields), ..rule(effect, who) })
    }

    proptest! {
        #[test]
        fn deciding_fields_together_or_one_by_one_is_the_same(
            list in proptest::collection::vec(any_rule(), 0..8), known: bool,
        ) {
            let directives = rules(list);
            let role = known.then_some(Role::Laboratory);
            let together = directives.decide(&treats(15), role);
            for bit in 0..4 {
                let alone = directives.decide(&treats(1 << bit), role);
                prop_assert_eq!(alone.permitted, together.fields.contains(FieldMask::bit(bit)));
            }
            prop_assert_eq!(together.permitted, together.fields == FieldMask(15));
        }

        #[test]
        fn the_order_of_rules_changes_no_decision(list in proptest::collection::vec(any_rule(), 0..8), known: bool) {
            let role = known.then_some(Role::Laboratory);
            let backwards = rules(list.iter().rev().cloned()).decide(&treats(15), role);
            prop_assert_eq!(rules(list).decide(&treats(15), role).fields, backwards.fields);
        }
    }
}

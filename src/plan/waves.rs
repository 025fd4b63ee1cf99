//! Which hosts go together. Knows no nodes.

use super::HostId;
use crate::model::{Host, Share};

/// Deals hosts out to waves. A host goes with the first share it is in; hosts that no share takes go last, so that none
/// is forgotten; a share that takes none is left out. Percentages are of all hosts, rounded up.
pub(super) fn waves(shares: &[Share], hosts: &[Host]) -> Vec<Vec<HostId>> {
    let mut taken = vec![false; hosts.len()];
    let mut groups = Vec::new();
    // The first host that is not taken; only ever grows, so that many counted shares stay linear.
    let mut first = 0;
    for share in shares {
        let group = match share {
            Share::Selector(selector) => {
                let mut group = selector.matching(hosts);
                group.retain(|index| !std::mem::replace(&mut taken[*index], true));
                group
            }
            Share::Percent(percent) => {
                take((hosts.len() * usize::from(*percent)).div_ceil(100).max(1), &mut first, &mut taken)
            }
            Share::Count(count) => take(*count, &mut first, &mut taken),
        };
        groups.push(group);
    }
    groups.push(take(hosts.len(), &mut first, &mut taken));
    let id = |index: usize| u32::try_from(index).ok().map(HostId);
    groups
        .into_iter()
        .filter(|group| !group.is_empty())
        .map(|group| group.into_iter().filter_map(id).collect())
        .collect()
}

fn take(count: usize, first: &mut usize, taken: &mut [bool]) -> Vec<usize> {
    let mut group = Vec::new();
    while group.len() < count && *first < taken.len() {
        if !taken[*first] {
            taken[*first] = true;
            group.push(*first);
        }
        *first += 1;
    }
    group
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BuildOn, HostName, Platform, Selector};

    fn fleet(names: &[&str]) -> Vec<Host> {
        let host = |name: &&str| Host {
            name: HostName::new(name).unwrap(),
            platform: Platform::Nixos,
            system: None,
            host_name: (*name).to_owned(),
            address: (*name).to_owned(),
            user: None,
            port: None,
            build_on: BuildOn::Local,
            build_limits: Default::default(),
            cache: None,
            driver: Default::default(),
            tags: name.starts_with('c').then(|| "canary".to_owned()).into_iter().collect(),
            identity: Default::default(),
        };
        names.iter().map(host).collect()
    }

    fn dealt(shares: &[Share], names: &[&str]) -> Vec<Vec<String>> {
        let hosts = fleet(names);
        let name = |id: HostId| hosts[id.0 as usize].name.to_string();
        waves(shares, &hosts).into_iter().map(|group| group.into_iter().map(name).collect()).collect()
    }

    #[test]
    fn canary_then_a_quarter_then_the_rest() {
        let shares = [
            Share::Selector(Selector::parse("@canary").unwrap()),
            Share::Percent(25),
            Share::Selector(Selector::parse("*").unwrap()),
        ];
        let got = dealt(&shares, &["a", "b", "c1", "d", "e", "f", "g", "h"]);
        assert_eq!(got, [vec!["c1"], vec!["a", "b"], vec!["d", "e", "f", "g", "h"]]);
    }

    #[test]
    fn no_host_is_forgotten_and_no_empty_wave_is_kept() {
        assert_eq!(dealt(&[Share::Count(1)], &["a", "b", "c"]), [vec!["a"], vec!["b", "c"]]);
        assert_eq!(dealt(&[Share::Selector(Selector::parse("@canary").unwrap())], &["a"]), [vec!["a"]]);
        assert_eq!(dealt(&[Share::Count(0), Share::Percent(1)], &["a", "b"]), [vec!["a"], vec!["b"]]);
        assert_eq!(dealt(&[Share::Count(9)], &["a"]), [vec!["a"]]);
        assert!(dealt(&[], &[]).is_empty());
    }
}

//! Lists of agents and interfaces, as users and scripts write them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sflowcap::select::{AgentList, InterfaceList};

fuzz_target!(|text: &str| {
    match text.parse::<AgentList>() {
        Ok(agents) => {
            for agent in ["10.0.0.1", "::1", "::ffff:10.0.0.1", "255.255.255.255"] {
                _ = agents.contains(agent.parse().unwrap());
            }
            // IPv4 is the same in both of its forms.
            let [plain, mapped] = ["10.0.0.1", "::ffff:10.0.0.1"].map(|agent| agents.contains(agent.parse().unwrap()));
            assert_eq!(plain, mapped, "{text:?}");
        }
        Err(error) => assert!(error.to_string().contains(" is not ")),
    }
    match text.parse::<InterfaceList>() {
        Ok(interfaces) => {
            // A list of one number takes it.
            if let Ok(number) = text.parse::<u32>() {
                assert!(interfaces.contains(number), "{text:?}");
            }
        }
        Err(error) => assert!(error.to_string().contains(" is not ")),
    }
});

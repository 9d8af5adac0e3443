//! Did the sweep see what it must have seen? Each scenario requires situations of its own, because
//! what is certain in one is impossible in another.

use trace::Situation;

use crate::summary::{ScenarioSummary, Summary};

impl Summary {
    /// Requires further situations, of each scenario in which they can come about.
    ///
    /// # Errors
    ///
    /// If one of them can come about in no scenario of the sweep; says what it needs.
    pub fn require(&mut self, further: &[Situation]) -> Result<(), String> {
        for situation in further {
            let name = situation.name();
            let is_possible =
                |scenario: &&mut ScenarioSummary| !scenario.impossible.contains_key(name);
            let mut found = false;
            for scenario in self.scenarios.iter_mut().filter(is_possible) {
                found = true;
                if !scenario.require.iter().any(|known| known == name) {
                    scenario.require.push(name.to_owned());
                }
            }
            if !found {
                let need = self.scenarios.iter().find_map(|scenario| scenario.impossible.get(name));
                let need = need.map_or("a scenario", String::as_str);
                return Err(format!(
                    "`{name}` can come about in no scenario here: it needs {need}"
                ));
            }
        }
        self.conclusion = self.conclude();
        Ok(())
    }

    /// Requires nothing, whatever the scenarios say.
    pub fn require_nothing(&mut self) {
        self.scenarios.iter_mut().for_each(|scenario| scenario.require.clear());
        self.conclusion = self.conclude();
    }

    /// What is required and was not reached: scenario and situation.
    #[must_use]
    pub fn not_reached(&self) -> Vec<(&ScenarioSummary, &str)> {
        let scenarios = self.scenarios.iter();
        scenarios
            .flat_map(|scenario| {
                let missing = scenario.require.iter().map(String::as_str);
                missing
                    .filter(|name| !scenario.situations.contains_key(*name))
                    .map(move |name| (scenario, name))
            })
            .collect()
    }
}

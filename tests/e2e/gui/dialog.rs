//! The dialog of the interface's options, and where things are in it.

use super::screen::{Screen, Window};

const TITLE: &str = "Interface Options: sFlow listener: sflow$";

/// That of the other interface, where the program was built with it.
const OTHER: &str = "Interface Options: sFlow from Kafka: sflow-kafka$";

/// The dialog, open.
pub struct Dialog<'a> {
    screen: &'a Screen,
    at: Window,
}

impl<'a> Dialog<'a> {
    /// Opens it by the gear beside the interface.
    pub fn open(screen: &'a Screen) -> Self {
        // A click right after the list was shown may be taken for another one.
        screen.wait_for("the dialog", || {
            if screen.has_window(OTHER) {
                // The list had moved, and its second interface was hit.
                screen.press(&["Escape"]);
                screen.wait_for_close(OTHER);
                screen.press(&["Home"]);
            } else if let (false, Some(row)) = (screen.has_window(TITLE), screen.highlighted()) {
                screen.click(row.x + 11, row.y);
            }
            screen.has_window(TITLE).then_some(())
        });
        Dialog { screen, at: screen.window(TITLE) }
    }

    fn click(&self, x: i32, y: i32) {
        self.screen.click(self.at.x + x, self.at.y + y);
    }

    pub fn help(&self) {
        self.click(549, self.at.height - 23);
    }

    pub fn enter_port(&self, port: u16) {
        self.screen.choose_text(self.at.x + 330, self.at.y + 61);
        self.screen.write(&port.to_string());
    }

    /// The tabs are at these places.
    pub fn filter_tab(&self) {
        self.click(103, 27);
    }

    pub fn content_tab(&self) {
        self.click(172, 27);
    }

    pub fn debug_tab(&self) {
        self.click(243, 27);
    }

    /// In the tab Filter.
    pub fn scan_agents(&self) {
        self.click(503, 61);
    }

    pub fn scan_interfaces(&self) {
        self.click(503, 92);
    }

    /// Enters a list of agents, and returns the colour that the field has then.
    pub fn enter_agents(&self, list: &str) -> [u8; 3] {
        let (x, y) = (self.at.x + 480, self.at.y + 123);
        self.screen.choose_text(x, y);
        if list.is_empty() {
            self.screen.press(&["BackSpace"]);
        } else {
            self.screen.write(list);
        }
        self.screen.colour(x, y)
    }

    pub fn open_agents(&self) {
        self.click(380, 61);
    }

    pub fn restore_defaults(&self) {
        self.click(79, self.at.height - 23);
    }

    pub fn save(self) {
        self.click(376, self.at.height - 23);
        self.screen.wait_for_close(TITLE);
    }
}

"""Work in the browser with the keyboard alone."""

from playwright.sync_api import Locator, Page, expect

PASSWORD = "a long enough password"


def press_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press the key until the element has the focus."""
    expect(target).to_be_visible()
    for _ in range(250):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press(key)
    expect(target).to_be_focused()


def enter(page: Page, target: Locator) -> None:
    press_to(page, target)
    page.keyboard.press("Enter")


def write(page: Page, target: Locator, text: str) -> None:
    """Replace the value of the field."""
    press_to(page, target)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def choose(page: Page, target: Locator, label: str) -> None:
    press_to(page, target)
    page.keyboard.type(label)


def log_in(page: Page, address: str, username: str) -> None:
    """Open an address of the admin and log in there with PASSWORD."""
    page.goto(address)
    write(page, page.get_by_label("Username"), username)
    write(page, page.get_by_label("Password"), PASSWORD)
    page.keyboard.press("Enter")

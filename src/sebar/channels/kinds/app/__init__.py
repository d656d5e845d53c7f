"""The brand's own app: whoever has it can open the campaign there, everybody else stays on the page."""

from sebar.channels.base import Channel, Field
from sebar.channels.kinds.app import rules
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="app",
    label=gettext_noop("App"),
    about=gettext_noop(
        "On phones the campaign’s page offers to go on in your own app; without the app the page works as always. What "
        "you enter here also proves to Android and iOS that links of your campaigns may open the app by themselves."
    ),
    refuse=rules.refuse,
    fields=(
        Field(
            name="scheme",
            label=gettext_noop("Scheme of the app’s links"),
            hint=gettext_noop("The word before “://” that your app has registered, like kopisenja."),
            check=rules.scheme,
        ),
        Field(
            name="android_package",
            label=gettext_noop("Android: package name"),
            hint=gettext_noop("Like com.kopisenja.app. Empty: there is no app for Android."),
            check=rules.android_package,
        ),
        Field(
            name="android_fingerprints",
            label=gettext_noop("Android: SHA-256 fingerprints of the signing keys"),
            hint=gettext_noop("From the Play Console, “App signing”; several are parted by commas."),
            check=rules.android_fingerprints,
        ),
        Field(
            name="ios_app",
            label=gettext_noop("iOS: app ID with team"),
            hint=gettext_noop("Like A1B2C3D4E5.com.kopisenja.app. Empty: there is no app for iPhones."),
            check=rules.ios_app,
        ),
        Field(
            name="app_store",
            label=gettext_noop("iOS: address in the App Store"),
            hint=gettext_noop("Like https://apps.apple.com/app/id1234567890."),
            check=rules.app_store,
            kind="url",
        ),
    ),
)

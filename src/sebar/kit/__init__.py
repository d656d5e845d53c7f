"""The ground every other package stands on: settings, identifiers, errors. Imports nothing of ours."""

"""What can be done to material: the only code that writes it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils import timezone

from sebar.brands import audit
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns import images
from sebar.campaigns.models import Campaign
from sebar.campaigns.queries import of_slug
from sebar.kit import config
from sebar.kit.errors import Checks, UserError, UserErrors
from sebar.kit.words import gettext_noop
from sebar.material import captions, kinds, queries, rules, uploads
from sebar.material.base import Kind, Taken
from sebar.material.models import Best, Creative, State
from sebar.material.rules import CreativeForm


def make(
    *,
    membership: Membership,
    slug: str,
    kind: str,
    form: CreativeForm,
    upload: Path | None = None,
    source: str = "",
    cover: Path | None = None,
    subtitles: Mapping[str, bytes | None] | None = None,
) -> Creative:
    """Store a new creative behind the others of the campaign. What takes long is left to the worker.

    Parameters
    ----------
    upload
        The file it is made of; it is used up.
    source
        The address from which the worker shall fetch that file, for kinds that allow it.
    cover
        A picture of it, for kinds that take one; it is used up.
    subtitles
        Captions of a clip by language.

    Raises
    ------
    UserErrors
        When a field or the file cannot be used.
    """
    campaign = _mine(membership, slug)
    creative = Creative(campaign=campaign, kind=queries.kind(kind).name)
    aside = _fill(creative, form, upload, source=source, cover=cover, subtitles=subtitles or {})
    with transaction.atomic():
        Campaign.objects.select_for_update().get(pk=campaign.pk)
        others = queries.of_campaign(campaign)
        if len(others) >= rules.MOST:
            message = gettext_noop("A campaign has at most {most} creatives: delete one first.")
            raise UserErrors([UserError(message, field="name", most=rules.MOST)])
        creative.position = max((one.position for one in others), default=0) + 1
        _store(creative, aside)
        _record(membership, creative, "made")
    return creative


def change(
    *,
    membership: Membership,
    slug: str,
    name: str,
    form: CreativeForm,
    upload: Path | None = None,
    source: str = "",
    cover: Path | None = None,
    subtitles: Mapping[str, bytes | None] | None = None,
) -> Creative:
    """Change what a creative says, and its file if there is a new one. Its name is fixed: it stands in links.

    Parameters
    ----------
    upload
        The file it is made of from now on; it is used up.
    source
        The address from which the worker shall fetch that file. The one it was fetched from changes nothing.
    cover
        A picture of it from now on, for kinds that take one; it is used up.
    subtitles
        Captions of a clip by language; None takes away those that are there. What is not named stays.

    Raises
    ------
    UserErrors
        When a field or the file cannot be used.
    """
    creative = queries.find(_mine(membership, slug), name)
    if form.name != name:
        raise UserErrors([UserError(gettext_noop("The name is fixed: it stands in people’s links."), field="name")])
    aside = _fill(creative, form, upload, source=source, cover=cover, subtitles=subtitles or {})
    with transaction.atomic():
        _store(creative, aside)
        _record(membership, creative, "changed")
    return creative


@transaction.atomic
def switch(*, membership: Membership, slug: str, name: str, is_on: bool) -> Creative:
    """Show a creative to people, or no longer. Its links then show the first that is shown.

    Members and programs do so by `steering.experiments.actions`, which knows what is being tried.
    """
    creative = queries.find(_mine(membership, slug), name)
    creative.is_on = is_on
    creative.save(update_fields=["is_on", "changed_at"])
    _record(membership, creative, "switched on" if is_on else "switched off")
    return creative


@transaction.atomic
def move(*, membership: Membership, slug: str, name: str, by: int) -> None:
    """Move a creative so many places: the first is shown to whoever comes by no creative's link."""
    campaign = _mine(membership, slug)
    Campaign.objects.select_for_update().get(pk=campaign.pk)
    ordered = queries.of_campaign(campaign)
    place = next((index for index, one in enumerate(ordered) if one.name == name), None)
    if place is None:
        queries.find(campaign, name)
        return
    moved = ordered.pop(place)
    ordered.insert(min(max(place + by, 0), len(ordered)), moved)
    for position, one in enumerate(ordered, start=1):
        Creative.objects.filter(pk=one.pk).update(position=position)


@transaction.atomic
def remove(*, membership: Membership, slug: str, name: str) -> None:
    """Delete a creative with the points people made. What it did stays in the measures; its links keep working.

    Members and programs do so by `steering.experiments.actions`, which knows what is being tried.
    """
    creative = queries.find(_mine(membership, slug), name)
    _record(membership, creative, "deleted")
    waiting(creative).unlink(missing_ok=True)
    creative.delete()


def note(*, number: int, progress: int) -> None:
    """Note how far the worker is with a creative."""
    Creative.objects.filter(pk=number, state=State.WORKING).update(progress=progress)


@transaction.atomic
def take_in(*, creative: Creative, upload: Path) -> None:
    """Keep what was fetched until the worker makes something of it; it is used up.

    Raises
    ------
    UserError
        When it can be seen at once that it will not do.
    """
    if (found := _as_begun(creative)) is not None:
        _look(upload, kinds.ALL[found.kind], found)
        upload.replace(waiting(found))


def finish(*, creative: Creative, taken: Taken) -> None:
    """Note what the worker has made of an upload."""
    with transaction.atomic():
        found = _as_begun(creative)
        if found is None:
            return
        _keep(found, taken)
        found.save()
    waiting(found).unlink(missing_ok=True)


def refuse(*, creative: Creative, error: UserError) -> None:
    """Note why nothing can be made of an upload."""
    with transaction.atomic():
        found = _as_begun(creative)
        if found is None:
            return
        found.state, found.progress = State.REFUSED, 0
        found.trouble = {"words": error.template, "values": error.values}
        found.save()
    waiting(found).unlink(missing_ok=True)


def _as_begun(creative: Creative) -> Creative | None:
    """Return what the worker took, to be changed; None if somebody has changed it since, and it is taken anew."""
    same = Creative.objects.filter(pk=creative.pk, state=State.WORKING, changed_at=creative.changed_at)
    return same.select_for_update().first()


@transaction.atomic
def keep_score(*, creative: Creative, participant: int, score: int) -> int:
    """Keep somebody's points, if they never made more where the best counts; return what is kept.

    Nobody has checked them.
    """
    bounded = min(max(score, 0), rules.MOST_POINTS)
    now = timezone.now()
    kept, is_new = Best.objects.select_for_update().get_or_create(
        creative=creative, participant_id=participant, defaults={"score": bounded, "made_at": now}
    )
    is_latest = kinds.ALL[creative.kind].keeps == "latest"
    if not is_new and (is_latest or bounded > kept.score):
        kept.score, kept.made_at = bounded, now
        kept.save(update_fields=["score", "made_at"])
    return kept.score


def waiting(creative: Creative) -> Path:
    """Return where the upload of a creative waits for the worker."""
    return uploads.folder() / f"creative-{creative.pk}"


def _fill(
    creative: Creative,
    form: CreativeForm,
    upload: Path | None,
    *,
    source: str,
    cover: Path | None,
    subtitles: Mapping[str, bytes | None],
) -> Path | None:
    """Put what was entered into a creative that is not stored yet; return the upload if the worker shall take it.

    Raises
    ------
    UserErrors
        When anything of it cannot be used.
    """
    checks, kind = Checks(), kinds.ALL[creative.kind]
    checked = checks(rules.check, form, kind, creative.campaign.languages)
    said = {
        language: checks(_captions, written, f"captions.{language}").decode("ascii", "ignore")
        for language, written in subtitles.items()
        if written is not None
    }
    named = checks(_named, source, upload, kind, creative)
    if not named:
        checks(_look, upload, kind, creative)
    covered = {"cover": checks(_cover, cover, kind).name} if cover is not None else {}
    checks.finish()
    if cover is not None:
        cover.unlink(missing_ok=True)
    creative.name, creative.texts, creative.content = checked.name, dict(checked.texts), checked.content
    there = {**creative.files.get("captions", {}), **said}
    kept = {language: name for language, name in there.items() if subtitles.get(language, b"") is not None}
    creative.files = {name: file for name, file in creative.files.items() if name != "captions"} | covered
    if kept:
        creative.files["captions"] = kept
    if named or (upload is not None and kind.is_slow):
        creative.source = named
        creative.state, creative.progress, creative.trouble = State.WORKING, 0, {}
        return upload
    if upload is None:
        return None
    try:
        _keep(creative, kind.take(upload, config.load().media))
    except UserError as error:
        raise UserErrors([UserError(error.template, field="file", **error.values)]) from error
    upload.unlink(missing_ok=True)
    return None


def _captions(written: bytes, where: str) -> bytes:
    """Write captions into the media folder; return their name there."""
    tidy = captions.tidy(written, field=where).encode()
    name = f"{sha256(tidy).hexdigest()[:32]}.vtt"
    folder = config.load().media / "captions"
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{name}.{os.getpid()}"
    fresh.write_bytes(tidy)
    fresh.replace(folder / name)
    return name.encode()


def _look(upload: Path | None, kind: Kind, creative: Creative) -> Path | None:
    if upload is None:
        if kind.needs_upload and not creative.files and creative.state == State.READY:
            raise UserError(gettext_noop("There is no file: choose one."), field="file")
        return None
    size = rules.check_size(upload.stat().st_size, kind)
    rules.check_room(queries.used(creative.campaign.brand) - creative.size, size)
    kind.look(upload)
    return upload


def _named(source: str, upload: Path | None, kind: Kind, creative: Creative) -> str:
    """Return the address from which a file shall be fetched; empty for none."""
    is_known = source.strip() == creative.source and (upload is not None or creative.state != State.REFUSED)
    if not source.strip() or is_known:
        return ""
    if not kind.takes_address:
        raise UserError(gettext_noop("Only a video is fetched from an address: upload the file."), field="source")
    if upload is not None:
        raise UserError(gettext_noop("A file and an address are too much: leave one of them out."), field="source")
    from sebar.kit import http  # noqa: PLC0415 - the client weighs 11 MB, and web only needs this when an address is named

    return http.check(source, field="source")


def _cover(cover: Path, kind: Kind) -> Path:
    """Make a picture of an upload in the media folder; return where it is."""
    if not kind.takes_cover:
        raise UserError(gettext_noop("Only a game takes a cover: leave it out."), field="cover")
    media = config.load().media
    try:
        name = images.store(_beginning(cover, images.BYTES + 1), media)
    except UserError as error:
        raise UserError(error.template, field="cover", **error.values) from error
    return media / name


def _beginning(path: Path, most: int) -> bytes:
    """Return a file's first bytes: one that is larger than it may be is refused by those."""
    with path.open("rb") as file:
        return file.read(most)


def _keep(creative: Creative, taken: Taken) -> None:
    kept = {name: creative.files[name] for name in ("captions", "cover") if name in creative.files}
    creative.files, creative.size = {**taken.files, **kept}, taken.size
    creative.state, creative.progress, creative.trouble = State.READY, 100, {}


def _store(creative: Creative, aside: Path | None) -> None:
    try:
        with transaction.atomic():
            creative.save()
    except IntegrityError:
        message = gettext_noop("The name “{name}” is taken in this campaign: choose another one.")
        raise UserErrors([UserError(message, field="name", name=creative.name)]) from None
    uploads.folder().mkdir(parents=True, exist_ok=True)
    if aside is not None:
        aside.replace(waiting(creative))
    elif creative.state == State.WORKING and creative.source:
        waiting(creative).unlink(missing_ok=True)  # what was to be made before


def _mine(membership: Membership, slug: str) -> Campaign:
    membership.require(Verb.EDIT)
    return of_slug(membership.brand, slug)


def _record(membership: Membership, creative: Creative, what: str) -> None:
    audit.record(
        membership=membership,
        verb=f"material.{what.replace(' ', '_')}",
        subject=creative.campaign.slug,
        details={"name": creative.name, "kind": creative.kind},
    )

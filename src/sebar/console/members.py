"""Who belongs to a brand, and inviting others."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sebar.brands import actions, queries
from sebar.brands.models import Role
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.console.access import of_brand, page
from sebar.kit.errors import UserError

_INVITED = "sebar_invited"


@require_GET
@of_brand(Verb.LOOK)
def members(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Show the members; to owners also the open invitations, and once the link of a new one."""
    return page(
        request,
        membership,
        "members.html",
        members=queries.members(membership),
        invitations=queries.open_invitations(membership) if membership.may(Verb.MANAGE) else [],
        roles=[(Role.OWNER, _("Owner")), (Role.EDITOR, _("Editor")), (Role.VIEWER, _("Viewer"))],
        invited=request.session.pop(_INVITED, ""),
        tab="members",
    )


@require_POST
@of_brand(Verb.MANAGE)
def invite(request: HttpRequest, membership: Membership) -> HttpResponseBase:
    """Make a one-time link."""
    invited = actions.invite(membership=membership, role=request.POST.get("role", ""))
    request.session[_INVITED] = request.build_absolute_uri(reverse("console:welcome", args=[invited.secret]))
    return redirect("console:members", membership.brand.slug)


@require_POST
@of_brand(Verb.MANAGE)
def withdraw(request: HttpRequest, membership: Membership, invitation: int) -> HttpResponseBase:
    """Make an invitation's link useless."""
    actions.withdraw_invitation(membership=membership, invitation_id=invitation)
    messages.success(request, _("The invitation is withdrawn: its link no longer works."))
    return redirect("console:members", membership.brand.slug)


@require_POST
@of_brand(Verb.MANAGE)
def change(request: HttpRequest, membership: Membership, user: int) -> HttpResponseBase:
    """Give a member another role."""
    try:
        actions.change_role(membership=membership, user_id=user, role=request.POST.get("role", ""))
    except UserError as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("The role is changed."))
    return redirect("console:members", membership.brand.slug)


@require_POST
@of_brand(Verb.LOOK)
def remove(request: HttpRequest, membership: Membership, user: int) -> HttpResponseBase:
    """Take a member out of the brand; everybody may take themselves out."""
    try:
        actions.remove_member(membership=membership, user_id=user)
    except UserError as refused:
        messages.error(request, refused.message)
        return redirect("console:members", membership.brand.slug)
    if membership.user is not None and membership.user.pk == user:
        return redirect("console:home")
    messages.success(request, _("The member is removed and can no longer see this brand."))
    return redirect("console:members", membership.brand.slug)

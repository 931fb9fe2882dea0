"""`dogwatch costs`: what watching would cost, were scans billed as the original bills them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import typer

from dogwatch.cli.command_line import examples, reached
from dogwatch.cli.lists import Columns, Outputs, Query, Sort, lay_out, listing_of
from dogwatch.cli.rendering import Column, minute, plural
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.model.costs import CURRENCY, Costs
from dogwatch.settings import Settings


@dataclass(frozen=True, slots=True)
class CostRow:
    """A registry's scans in a month, and what they cost.

    Units:
        Costs in US dollars.
    """

    month: str
    registry: str
    initial_scans: int
    rescans: int
    cost: Decimal
    rescans_without_windows: int
    cost_without_windows: Decimal


@takes_settings(Reach.ANYWHERE)
def show_costs(
    settings: Settings, *, sort: Sort = None, output: Outputs = None, columns: Columns = None, query: Query = None
) -> None:
    """Say what scans would cost, by registry and month, were they billed as Amazon Inspector bills them.

    An initial scan is an image's first; a re-scan is an image that is watched again, or one that an advisory of the day
    concerns. Dogwatch scans once and bills nobody. Without windows every image would be watched until it is deleted.
    """
    layout = lay_out(LISTING, output, columns, query, sort)
    with reached(settings) as app:
        costs = app.costs.load(settings.account)
    layout.write(layout.arranged(_rows(costs)), _sum_up(costs))


def _rows(costs: Costs) -> list[CostRow]:
    price = costs.prices.cost_of
    return [
        CostRow(
            f"{one.month:%Y-%m}",
            one.registry_alias,
            one.scans.initial,
            one.scans.rescans,
            price(one.scans),
            one.without_windows.rescans,
            price(one.without_windows),
        )
        for one in costs.months
    ]


def _sum_up(costs: Costs) -> str:
    prices = costs.prices
    lines = [
        f"{CURRENCY} {prices.initial_scan:f} for an initial scan, {prices.rescan:f} for a re-scan; months are UTC."
    ]
    if costs.counted_until is None:
        lines.append("Nothing is counted yet; a running service counts once an hour.")
    else:
        lines.append(f"Counted until {minute(costs.counted_until)} UTC.")
    if costs.never_scanned:
        images = plural(costs.never_scanned, "image")
        lines.append(f"{images} outside the windows never scanned: what they would cost is not in these figures.")
    return "\n".join(lines)


def dollars(amount: Decimal) -> str:
    """Write an amount for people, to the cent."""
    return f"{amount:,.2f}"


COLUMNS: tuple[Column[CostRow], ...] = (
    Column("month", "MONTH", lambda one: one.month),
    Column("registry", "REGISTRY", lambda one: one.registry),
    Column("initial_scans", "INITIAL SCANS", lambda one: str(one.initial_scans)),
    Column("rescans", "RE-SCANS", lambda one: str(one.rescans)),
    Column("cost", "COST", lambda one: f"{one.cost:f}", lambda one: dollars(one.cost)),
    Column("rescans_without_windows", "", lambda one: str(one.rescans_without_windows)),
    Column(
        "cost_without_windows",
        "WITHOUT WINDOWS",
        lambda one: f"{one.cost_without_windows:f}",
        lambda one: dollars(one.cost_without_windows),
    ),
)


def _document(row: CostRow) -> object:
    """Return a row as JSON has it: amounts as texts, exact."""
    return {
        "month": row.month,
        "registry": row.registry,
        "initial_scans": row.initial_scans,
        "rescans": row.rescans,
        "cost": f"{row.cost:f}",
        "rescans_without_windows": row.rescans_without_windows,
        "cost_without_windows": f"{row.cost_without_windows:f}",
    }


LISTING = listing_of(COLUMNS, _document)


def add_to(application: typer.Typer) -> None:
    """Register the command."""
    application.command(
        "costs",
        epilog=examples(
            "dogwatch costs",
            "dogwatch costs -o csv=costs.csv",
            "DOGWATCH_PRICE_INITIAL_SCAN=0.11 DOGWATCH_PRICE_RESCAN=0.012 dogwatch costs",
        ),
    )(show_costs)

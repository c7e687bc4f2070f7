"""Backends: one file a library, loaded by name when first used."""

from __future__ import annotations

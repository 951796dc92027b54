"""Plone's files and images, sent by the edge or by nginx (README.md)."""

"""Coordinate datums: conversion of GCJ-02 and BD-09, detection by evidence, known shifts."""

"""The library: functions on GeoDataFrames in any coordinate system, and studies from memory."""

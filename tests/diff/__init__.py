"""What a build changes for those who learn."""

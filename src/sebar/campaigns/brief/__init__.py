"""What a campaign is for, what would count as success and as harm, and who decides."""

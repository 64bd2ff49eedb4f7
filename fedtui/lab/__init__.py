"""The lab: the first view, where a model is seen to travel, be trained and come back."""

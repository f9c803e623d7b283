"""The stand-in of the Franpos public API: as strict as the Franpos API notes say, no more helpful than they say."""

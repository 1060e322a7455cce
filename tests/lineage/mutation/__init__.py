"""The mutation bench: is what the fingerprints say of an edit what the edit does?"""

"""Storage of collected static files: hashed names and compressed copies."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # WhiteNoise has no types
    """WhiteNoise's storage, which also rewrites `import` in ES modules to the hashed names."""

    support_js_module_import_aggregation = True

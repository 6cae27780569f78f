"""`make check-k8s`: the manifests before a real Kubernetes API server."""

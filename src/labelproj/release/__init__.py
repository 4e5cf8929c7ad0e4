"""From built data to a release that people can trust: built, checked, compared and published."""

from labelproj.release.build import build_release
from labelproj.release.check import check_release
from labelproj.release.diff import diff_datasets
from labelproj.release.push import push_release

__all__ = ["build_release", "check_release", "diff_datasets", "push_release"]

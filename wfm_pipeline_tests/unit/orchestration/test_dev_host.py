"""`wfm dev` is heard on this machine alone, unless somebody says that a proxy stands before it."""

import pytest

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.orchestration.instance.dev_services import check_host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_needs_no_word(host):
    check_host(host, has_proxy=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "desk.example.org", ""])
def test_any_other_address_needs_the_word(host):
    with pytest.raises(SettingsError, match=r"no login.*--i-have-a-proxy"):
        check_host(host, has_proxy=False)

    check_host(host, has_proxy=True)

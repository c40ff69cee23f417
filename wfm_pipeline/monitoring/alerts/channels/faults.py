"""The one error of the channels."""

from wfm_pipeline.errors import WfmError


class ChannelError(WfmError):
    """The other side has not taken the alert; the words hold no address, URL or password."""

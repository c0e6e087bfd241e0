"""Contracts of the proof: how lists as of a day foresaw what users did in the label window after it."""

from jobs.contract import Check, Column, Table
from jobs.tables.columns import DS

AS_OF = Column("as_of", "string", "business day whose knowledge the lists are made of; the window after it ends on ds")
NO_MEAN = "a share of the catalogue, which is no mean over users"
NOT_DECISIVE = "another metric than proof.metric, or a source that rank.ranker wasn't compared with"
FIGURES = (
    Column("metric", "string", "with its cut-off, such as ndcg_at_10"),
    Column("value", "double", "mean over the users; a user without a list counts 0", "no list had enough items"),
    Column("low", "double", "lower end of the bootstrap interval of value over users", NO_MEAN),
    Column("high", "double", "upper end", NO_MEAN),
    Column("gain", "double", "value of the published lists less this one", f"the published lists; {NO_MEAN}"),
    Column("gain_low", "double", "lower end of its interval, over the same draws of users", "as of gain"),
    Column("gain_high", "double", "upper end", "as of gain"),
    Column("users", "bigint", "users judged, all of whom took something in the window"),
)
PROOF = Table(
    "proof",
    "order of the candidates x metric; no rows: nothing could be proven",
    ("source", "metric"),
    (
        *(DS, AS_OF),
        Column("source", "string", "fused, coarse, a recall channel, or a ranker"),
        *FIGURES,
        Column("lead", "double", "value less that of rank.ranker", NOT_DECISIVE),
        Column("lead_error", "double", "its standard error", NOT_DECISIVE),
        Column("pooled", "double", "value over the users of all windows that count together", NOT_DECISIVE),
        Column("pooled_users", "bigint", "users of these windows"),
        Column("pooled_from", "string", "as_of of the oldest of them"),
        Column("config", "string", "digest of the settings that it was made under; windows of the same count together"),
        Column("published", "boolean", "whether lists are made of this order until the next proof"),
        Column("trained", "boolean", "whether it is the ranker that is trained until then"),
    ),
    (Check("value", 0.0, 1.0),),
    may_be_empty=True,
)
MODE = Column("mode", "string", "any: whatever was taken counts; new: only what was new to the user (proof.new_days)")
QUALITY = Table(
    "quality",
    "mode x list source x metric",
    ("mode", "source", "metric"),
    (
        *(DS, AS_OF, MODE),
        Column("source", "string", "topn (the final lists), fused, coarse, a recall channel, or a ranker"),
        *FIGURES,
    ),
    (Check("value", 0.0),),
    may_be_empty=True,
)
CHANNEL_REPORT = Table(
    "channel_report",
    "mode x recall channel",
    ("mode", "channel"),
    (
        *(DS, AS_OF, MODE),
        Column("channel", "string", "the recall channel"),
        Column("candidates", "bigint", "that it recalled for the users judged"),
        Column("hits", "bigint", "candidates of it that were taken"),
        Column("unique_hits", "bigint", "those that no other channel recalled"),
        Column("hit_share", "double", "hits / all that the users took"),
        Column("metric", "string", "what the next columns measure"),
        Column("without", "double", "the ranker fitted without the channel, on the others' candidates", "not tried"),
        Column("loss", "double", "value of the ranker with all channels less that", "not tried"),
        Column("loss_low", "double", "lower end of its bootstrap interval over users", "not tried"),
        Column("loss_high", "double", "upper end", "not tried"),
    ),
    (Check("hit_share", 0.0, 1.0),),
    may_be_empty=True,
)
TABLES = (PROOF, QUALITY, CHANNEL_REPORT)

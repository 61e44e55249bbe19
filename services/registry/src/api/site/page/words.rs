//! What the page says, in English and Chinese.

use greenlane_credential::NumberError;

/// A language of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Chinese,
}

/// In the place of `logged`, what was presented being a copy of the document that the log names.
pub(super) const COPIED: &str = "copied";

/// What the page says of a certificate, above everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Headline {
    InForce,
    OnConditions,
    Suspended,
    WithoutEffect,
    Withdrawn,
    Terminated,
    Annulled,
    Superseded,
    Expired,
    NotYetValid,
    OlderVersion,
    NeverCounted,
    Unknown,
    NotGenuine,
    Undetermined,
}

impl Language {
    /// The language that a request asks for: by the address, or else as the browser prefers.
    pub(super) fn of(query: &str, accepted: &str) -> Self {
        let asked = query.split('&').find_map(|pair| pair.strip_prefix("lang="));
        match asked {
            Some(tag) if tag.starts_with("zh") => return Self::Chinese,
            Some(tag) if tag.starts_with("en") => return Self::English,
            Some(_) | None => {}
        }
        let mut best = (0.0, Self::English);
        for range in accepted.split(',') {
            let (tag, rest) = range.split_once(';').unwrap_or((range, ""));
            let quality = rest.trim().strip_prefix("q=").map_or(1.0, |q| q.parse().unwrap_or(0.0));
            let tag = tag.trim().to_ascii_lowercase();
            let language = match tag.split('-').next() {
                Some("zh") => Self::Chinese,
                Some("en") => Self::English,
                Some(_) | None => continue,
            };
            if quality > best.0 {
                best = (quality, language);
            }
        }
        best.1
    }

    /// The tag of BCP 47.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-Hans",
        }
    }

    /// What the address says.
    pub(super) const fn query(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }

    pub(super) const fn other(self) -> Self {
        match self {
            Self::English => Self::Chinese,
            Self::Chinese => Self::English,
        }
    }

    /// What it calls itself.
    pub(super) const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Chinese => "中文",
        }
    }

    /// One of two texts.
    pub(super) const fn pick(self, english: &'static str, chinese: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }

    /// The title, and what it means for whoever holds the product.
    pub(super) const fn headline(self, headline: Headline) -> (&'static str, &'static str) {
        use Headline as H;
        let (english, chinese) = match headline {
            H::InForce => (
                ("In force", "This certificate is genuine and counts today. Compare the facts below with the product."),
                ("有效", "本证书真实，且今日有效。请将以下内容与产品核对。"),
            ),
            H::OnConditions => (
                (
                    "In force, on conditions",
                    "This certificate is genuine and counts today, on conditions that the body has set.",
                ),
                ("附条件有效", "本证书真实且今日有效，但认证机构附加了条件。"),
            ),
            H::Suspended => (
                ("Suspended", "This certificate does not count at present: the body has suspended it."),
                ("已暂停", "本证书目前无效：认证机构已将其暂停。"),
            ),
            H::WithoutEffect => (
                (
                    "Without effect for now",
                    "This certificate does not count at present: the panel of a dispute about it has ordered so.",
                ),
                ("暂不生效", "本证书目前无效：争议专家组已命令其暂不生效。"),
            ),
            H::Withdrawn => (
                ("Withdrawn", "This certificate no longer counts: the body has withdrawn it."),
                ("已撤销", "本证书不再有效：认证机构已将其撤销。"),
            ),
            H::Terminated => (
                ("Ended", "This certificate no longer counts: it was ended at the holder’s wish."),
                ("已注销", "本证书不再有效：已应持证人要求注销。"),
            ),
            H::Annulled => {
                (("Void from the start", "This certificate never counted."), ("自始无效", "本证书从未有效。"))
            }
            H::Superseded => (
                ("Replaced", "This certificate no longer counts: another one has taken its place."),
                ("已被取代", "本证书不再有效：已由另一证书取代。"),
            ),
            H::Expired => (
                ("Expired", "This certificate no longer counts: its last day has passed."),
                ("已过期", "本证书不再有效：有效期已过。"),
            ),
            H::NotYetValid => (
                ("Not valid yet", "This certificate does not count yet: its first day has not come."),
                ("尚未生效", "本证书尚未生效。"),
            ),
            H::OlderVersion => (
                (
                    "Replaced by a newer version",
                    "The document shown is genuine, but a newer version of the certificate has replaced it.",
                ),
                ("已有新版本", "所示文件真实，但已被该证书的新版本取代。"),
            ),
            H::NeverCounted => (
                ("Never took effect", "This version was announced, and overtaken before it took effect."),
                ("从未生效", "该版本已公布，但在生效前被取代。"),
            ),
            H::Unknown => (
                ("No such certificate", "This registry knows no certificate of this number. Do not rely on it."),
                ("查无此证书", "本登记处没有此编号的证书。请勿采信。"),
            ),
            H::NotGenuine => (
                ("Not genuine", "What was shown is not what the body issued. Do not rely on it."),
                ("不是真实证书", "所示内容并非认证机构所签发。请勿采信。"),
            ),
            H::Undetermined => (
                (
                    "Cannot be told",
                    "Whether this certificate counts cannot be told at present. Ask again later, or ask the body.",
                ),
                ("无法判定", "目前无法判定本证书是否有效。请稍后再试，或咨询认证机构。"),
            ),
        };
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }

    /// A finding of a verdict in words; none for those whose headline says it all.
    pub(super) fn finding(self, code: &str) -> Option<&'static str> {
        let (english, chinese) = match code {
            "signature_valid" => {
                ("Signed by a key of the body that was valid at the time.", "由该机构当时有效的密钥签名。")
            }
            "logged" => ("The transparency log names this very document.", "透明日志记载了这份文件。"),
            COPIED => (
                "It is a copy in another profile, and states what the document does that the transparency log names.",
                "这是另一格式的副本，与透明日志所记载文件的内容一致。",
            ),
            "signature_invalid" => ("The signature is wrong.", "签名错误。"),
            "document_malformed" => ("It is not a certificate document.", "不是证书文件。"),
            "record_contradicts_document" => {
                ("The registry's record is not what the certificate's document states.", "登记记录与证书文件所载不符。")
            }
            "document_not_logged" => ("The transparency log names no such document.", "透明日志未记载此文件。"),
            "issuer_mismatch" => ("It names another body than the one that issued it.", "所载机构并非签发机构。"),
            "key_unknown" => ("The key that it names is not registered for the body.", "所用密钥未登记于该机构名下。"),
            "key_not_valid_at_signing" => ("The key was not valid when it was signed.", "签名时密钥无效。"),
            "key_compromised" => ("The key was compromised when it was signed.", "签名时密钥已泄露。"),
            "records_in_doubt" => {
                ("The registry’s records do not match what it has signed.", "登记处的记录与其已签名内容不符。")
            }
            "head_not_read" => {
                ("The registry’s records cannot be read at the moment.", "目前无法读取登记处的最新记录。")
            }
            "continued_under_conditions" => {
                ("The body has set conditions; ask it for them.", "认证机构附加了条件，请向其询问。")
            }
            "contested" => ("It is challenged: a dispute about it is open. ", "本证书受到质疑：相关争议正在审理。"),
            "contestation_upheld" => (
                "A panel has found a challenge to it right; what becomes of it is the body’s to say. ",
                "专家组认定质疑成立；证书如何处理由认证机构决定。",
            ),
            "older_version_presented" => ("A newer version of this certificate exists.", "该证书已有新版本。"),
            "number_not_read" => ("It states no certificate number that can be read.", "未载明可读取的证书编号。"),
            _ => return None,
        };
        Some(self.pick(english, chinese))
    }

    /// Why a step was taken.
    pub(super) fn reason(self, reason: &str) -> &'static str {
        let (english, chinese) = match reason {
            "ordinary" => ("in the ordinary course", "常规"),
            "nonconformity" => ("nonconformity", "不符合要求"),
            "obligation_not_met" => ("an obligation was not met", "未履行义务"),
            "holder_request" => ("the holder asked for it", "持证人申请"),
            "misuse" => ("misuse of the certificate or mark", "误用证书或标志"),
            "standard_changed" => ("the standard changed", "标准变更"),
            "fraud" => ("fraud", "欺诈"),
            "mistake" => ("a mistake", "错误"),
            "safety" => ("safety", "安全"),
            "key_compromise" => ("a compromised key", "密钥泄露"),
            "remedied" => ("remedied", "已整改"),
            "body_ceased" => ("the body ceased to act", "机构停止运作"),
            _ => ("another reason", "其他原因"),
        };
        self.pick(english, chinese)
    }

    /// Why a text is no certificate number.
    pub(super) fn number_error(self, error: NumberError) -> &'static str {
        let (english, chinese) = match error {
            NumberError::Length => (
                "A certificate number has 18 letters and digits, such as GLXA-2ABC-…; spaces and hyphens do not count.",
                "证书编号有 18 个字母和数字，例如 GLXA-2ABC-……；空格和连字符不计。",
            ),
            NumberError::Prefix => {
                ("A certificate number begins with GL and two letters.", "证书编号以 GL 和两个字母开头。")
            }
            NumberError::Character { .. } => (
                "There is a character in it that no certificate number has at that place.",
                "其中有一个字符不可能出现在证书编号的该位置。",
            ),
            NumberError::Check => (
                "The number is mistyped: its last two characters do not fit the rest.",
                "编号输入有误：最后两位与其余部分不符。",
            ),
        };
        self.pick(english, chinese)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::life::Reason;

    #[test]
    fn the_address_decides_before_the_browser_does() {
        let of = Language::of;
        assert_eq!(of("", ""), Language::English);
        assert_eq!(of("", "zh-CN,zh;q=0.9,en;q=0.8"), Language::Chinese);
        assert_eq!(of("", "de, en;q=0.7, zh;q=0.3"), Language::English);
        assert_eq!(of("", "en;q=0.1, zh-TW;q=0.9"), Language::Chinese);
        assert_eq!(of("lang=en", "zh"), Language::English);
        assert_eq!(of("a=b&lang=zh-Hant", "en"), Language::Chinese);
        assert_eq!(of("lang=fr", "zh;q=wrong"), Language::English);
    }

    /// It holds them against the log, and refuses what it does not know.
    #[test]
    fn the_pages_script_knows_each_headline_and_reason_that_is_shown_of_a_certificate() {
        use Headline as H;
        let script = include_str!("assets/verify.js");
        let headlines = [
            H::InForce,
            H::OnConditions,
            H::Suspended,
            H::WithoutEffect,
            H::Withdrawn,
            H::Terminated,
            H::Annulled,
            H::Superseded,
            H::Expired,
            H::NotYetValid,
            H::OlderVersion,
            H::NeverCounted,
            H::Undetermined,
        ];
        for language in [Language::English, Language::Chinese] {
            for headline in headlines {
                let title = format!("\"{}\"", language.headline(headline).0);
                assert!(script.contains(&title), "{title}");
            }
            for reason in Reason::ALL.map(Reason::as_str) {
                let known = format!("{reason}: \"{}\"", language.reason(reason));
                assert!(script.contains(&known), "{known}");
            }
        }
    }
}

//! The page as HTML. It reads, and answers, without scripts.

use std::fmt::{self, Display, Write as _};

use super::Answered;
use super::words::{COPIED, Headline, Language};
use crate::app::log::LogWriter;
use crate::app::verify::Verdict;
use crate::config::Shows;
use crate::domain::life::{Standing, State};
use crate::domain::verdict::{Finding, Outcome};

/// What all pages of an answer have in common.
pub(super) struct View<'a> {
    pub(super) base: &'a str,
    pub(super) language: Language,
    pub(super) shows: Shows,
    pub(super) log: &'a LogWriter,
    /// What was asked, when it is short enough to be put right by hand.
    pub(super) typed: &'a str,
}

/// Text in HTML, in content and in quoted attributes.
pub(super) struct Text<'a>(pub(super) &'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.0.split_inclusive(['&', '<', '>', '"', '\'']) {
            let (plain, last) = part.split_at(part.len() - part.ends_with(['&', '<', '>', '"', '\'']) as usize);
            f.write_str(plain)?;
            f.write_str(match last {
                "&" => "&amp;",
                "<" => "&lt;",
                ">" => "&gt;",
                "\"" => "&quot;",
                "'" => "&#39;",
                _ => "",
            })?;
        }
        Ok(())
    }
}

/// Whether the facts on record are those of what was asked about.
pub(super) fn is_genuine(verdict: &Verdict) -> bool {
    verdict.authentic.outcome == Outcome::Yes
}

/// What stands above everything else.
fn headline(verdict: &Verdict) -> Headline {
    let has = |code| verdict.in_force.findings.iter().any(|finding| finding.code == code);
    if has("number_not_read") || verdict.number.is_none() && has("certificate_unknown") {
        return if verdict.authentic.findings.iter().all(|finding| finding.code == "certificate_unknown") {
            Headline::Unknown
        } else {
            Headline::NotGenuine
        };
    }
    if verdict.authentic.outcome == Outcome::No {
        return Headline::NotGenuine;
    }
    if has("older_version_presented") {
        return Headline::OlderVersion;
    }
    if has("version_overtaken") {
        return Headline::NeverCounted;
    }
    if has("without_effect") && verdict.standing == Some(Standing::Stored(State::Active)) {
        return Headline::WithoutEffect;
    }
    match (verdict.in_force.outcome, verdict.standing) {
        (Outcome::Yes, _) => Headline::InForce,
        (Outcome::YesOnConditions, _) => Headline::OnConditions,
        (Outcome::No, Some(Standing::Stored(State::Suspended))) => Headline::Suspended,
        (Outcome::No, Some(Standing::Stored(State::Withdrawn))) => Headline::Withdrawn,
        (Outcome::No, Some(Standing::Stored(State::Terminated))) => Headline::Terminated,
        (Outcome::No, Some(Standing::Stored(State::Annulled))) => Headline::Annulled,
        (Outcome::No, Some(Standing::Stored(State::Superseded))) => Headline::Superseded,
        (Outcome::No, Some(Standing::Expired)) => Headline::Expired,
        (Outcome::No, Some(Standing::NotYetValid | Standing::Stored(State::Active))) => Headline::NotYetValid,
        (Outcome::No, None) => Headline::Unknown,
        (Outcome::Undetermined | Outcome::NotAsked | Outcome::NotApplicable, _) => Headline::Undetermined,
    }
}

const fn tone(headline: Headline) -> &'static str {
    match headline {
        Headline::InForce => "good",
        Headline::OnConditions | Headline::Undetermined => "open",
        _ => "bad",
    }
}

impl View<'_> {
    pub(super) fn pick(&self, english: &'static str, chinese: &'static str) -> &'static str {
        self.language.pick(english, chinese)
    }

    /// The question alone, after what was wrong with an earlier one.
    pub(super) fn question(&self, path: &str, wrong: Option<&str>) -> String {
        if let Some(why) = wrong {
            // Also of the document: it is what is read out first.
            return self.no_answer(path, self.pick("That cannot be looked up", "无法查询"), why);
        }
        let mut body = String::new();
        self.form(&mut body, "");
        self.document(path, self.title(), &body)
    }

    /// Too much was asked.
    pub(super) fn too_many(&self, path: &str) -> String {
        let title = self.pick("Too many questions", "查询过于频繁");
        let why = self.pick(
            "From your network address too much was asked. Wait a moment, then try again.",
            "您的网络地址查询过多。请稍候再试。",
        );
        self.no_answer(path, title, why)
    }

    /// The records cannot be read.
    pub(super) fn later(&self, path: &str) -> String {
        let title = self.pick("No answer at this moment", "暂时无法查询");
        let why = self.pick(
            "The registry cannot read its records just now. This says nothing about the certificate. Try again in a few \
             seconds.",
            "登记处暂时无法读取记录，这不代表证书有任何问题。请几秒钟后再试。",
        );
        self.no_answer(path, title, why)
    }

    fn no_answer(&self, path: &str, title: &str, why: &str) -> String {
        let mut body = String::new();
        self.head_of_answer(&mut body, "open", title, why);
        body.push_str("</section>\n");
        self.form(&mut body, self.typed);
        self.document(path, title, &body)
    }

    /// An answer, with what a browser needs to prove it.
    pub(super) fn answer(&self, path: &str, answered: &Answered) -> String {
        let verdict = &answered.verdict;
        let headline = headline(verdict);
        let (title, meaning) = self.language.headline(headline);
        let mut body = String::new();
        self.head_of_answer(&mut body, tone(headline), title, meaning);
        let findings = verdict.in_force.findings.iter().chain(&verdict.authentic.findings);
        let is_copied = answered.facts.as_ref().is_some_and(|facts| facts.is_copied);
        let reasons: Vec<String> = findings.filter_map(|finding| self.reason(finding, is_copied)).collect();
        if !reasons.is_empty() {
            let _ = writeln!(body, "<ul>{}</ul>", reasons.concat());
        }
        body.push_str("</section>\n");
        if let Some(facts) = &answered.facts {
            self.facts(&mut body, verdict, facts);
            self.proof(&mut body, verdict, answered.presented.as_deref());
            self.told(&mut body, verdict, facts);
        }
        // What was found stands above.
        self.form(&mut body, if answered.facts.is_some() { "" } else { self.typed });
        self.document(path, title, &body)
    }

    fn head_of_answer(&self, body: &mut String, tone: &str, title: &str, meaning: &str) {
        let _ = writeln!(
            body,
            "<section id=\"verdict\" class=\"verdict {tone}\" aria-labelledby=\"verdict-title\" aria-live=\"polite\">\n\
             <h2 id=\"verdict-title\">{}</h2>\n<p>{}</p>",
            Text(title),
            Text(meaning)
        );
    }

    /// A finding in words. When and why a step was taken stands in its entry of the log, which the page's script reads;
    /// of disputes it reads nothing.
    fn reason(&self, finding: &Finding, is_copied: bool) -> Option<String> {
        let parameter = |name: &str| finding.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let is_told = matches!(finding.code, "contested" | "contestation_upheld");
        let mark = |name: &str| if is_told { "data-told".to_owned() } else { format!("data-entry=\"{name}\"") };
        let code = if is_copied && finding.code == "logged" { COPIED } else { finding.code };
        let mut said = Text(self.language.finding(code).unwrap_or_default()).to_string();
        if let Some(since) = parameter("since") {
            let _ = write!(said, "{} <span {}>{}</span>", self.pick("Since", "自"), mark("since"), Text(since));
            if let Some(reason) = parameter("reason") {
                let reason = Text(self.language.reason(reason));
                let _ = write!(said, "{}<span {}>{reason}</span>", self.pick("; reason: ", "；原因："), mark("reason"));
            }
            said.push_str(self.pick(".", "。"));
        }
        if is_told {
            let _ = write!(
                said,
                " {}",
                self.pick("This is the registry’s word, not proved here.", "此为登记处的说法，此处未作证明。")
            );
        }
        Some(format!("<li>{said}</li>")).filter(|_| !said.is_empty())
    }

    /// Where the page's script proves the answer.
    fn proof(&self, body: &mut String, verdict: &Verdict, presented: Option<&str>) {
        let (Some(number), Some(standing)) = (&verdict.number, verdict.standing) else { return };
        let proof = format!(
            "{}/certificates/{}/proof?version={}&at={}",
            self.base,
            number.as_str(),
            verdict.version,
            verdict.revisions.registry
        );
        let _ = writeln!(
            body,
            "<section id=\"proof\" aria-labelledby=\"proof-title\" data-proof=\"{}\" data-name=\"{}\" data-version=\"{}\" \
             data-state=\"{}\" data-date=\"{}\" data-authentic=\"yes\" data-origin=\"{}\">\n\
             <h2 id=\"proof-title\">{}</h2>\n<ol id=\"steps\"></ol>\n\
             <p id=\"proof-result\" role=\"status\"></p>\n<noscript><p>{}</p></noscript>",
            Text(&proof),
            number.name(),
            verdict.version,
            standing.as_str(),
            verdict.day,
            Text(self.log.origin()),
            self.pick("Proof, checked by your browser", "由您的浏览器核验的证明"),
            self.pick(
                "Your browser runs no scripts, so it proves nothing: the answer above is the registry’s word.",
                "您的浏览器未启用脚本，因此不作证明：以上结果为登记处的说法。",
            ),
        );
        if let Some(document) = presented {
            let _ = writeln!(body, "<textarea id=\"presented\" hidden readonly>{}</textarea>", Text(document));
        }
        body.push_str("</section>\n");
    }

    fn form(&self, body: &mut String, typed: &str) {
        let _ = writeln!(
            body,
            "<form id=\"question\" method=\"post\" action=\"{base}/verify\" aria-labelledby=\"question-title\">\n\
             <h2 id=\"question-title\">{title}</h2>\n\
             <input type=\"hidden\" name=\"lang\" value=\"{lang}\">\n\
             <label for=\"text\">{label}</label>\n\
             <p class=\"hint\" id=\"text-hint\">{hint}</p>\n\
             <input type=\"text\" id=\"text\" name=\"text\" value=\"{typed}\" required maxlength=\"262144\" autocomplete=\"off\" \
             autocapitalize=\"characters\" spellcheck=\"false\" aria-describedby=\"text-hint\">\n\
             <div class=\"actions\"><button type=\"submit\">{submit}</button>\n\
             <span id=\"readers\" hidden><button type=\"button\" class=\"plain\" id=\"camera\" hidden>{camera}</button>\n\
             <button type=\"button\" class=\"plain\" id=\"camera-stop\" hidden>{stop}</button>\n\
             <input type=\"file\" id=\"file\" accept=\".jwt,.txt,.jws,image/*\">\
             <label class=\"button\" for=\"file\">{file}</label></span></div>\n\
             <p id=\"reader-status\" role=\"status\"></p>\n\
             <video id=\"viewfinder\" hidden muted playsinline aria-label=\"{camera}\"></video>\n</form>",
            base = self.base,
            typed = Text(typed),
            title = self.pick("Ask about a certificate", "查询证书"),
            lang = self.language.query(),
            label = self.pick("Certificate number, link, or document", "证书编号、链接或文件"),
            hint = self.pick(
                "As printed on the certificate, such as GLXA-…; or what its QR code says; or the whole signed document.",
                "证书上所印编号，例如 GLXA-……；或二维码内容；或完整的签名文件。",
            ),
            submit = self.pick("Verify", "验证"),
            camera = self.pick("Scan with the camera", "用摄像头扫描"),
            stop = self.pick("Stop the camera", "关闭摄像头"),
            file = self.pick("Choose a picture or document", "选择图片或文件"),
        );
    }

    fn title(&self) -> &'static str {
        self.pick("Verify a certificate", "验证证书")
    }

    fn document(&self, path: &str, title: &str, body: &str) -> String {
        let base = self.base;
        let (language, other) = (self.language, self.language.other());
        // What was posted is not asked again in the other language: it is in no address.
        let here = if path.is_empty() { "/verify" } else { path };
        format!(
            "<!doctype html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"robots\" content=\"noindex\">\n<title>{title} – Greenlane</title>\n\
             <link rel=\"stylesheet\" href=\"{base}/assets/verify.css\">\n\
             <link rel=\"icon\" type=\"image/svg+xml\" href=\"{base}/assets/icon.svg\">\n\
             <script type=\"module\" src=\"{base}/assets/verify.js\"></script>\n</head>\n<body>\n\
             <a class=\"skip\" href=\"#main\">{skip}</a>\n\
             <header><p class=\"brand\"><img src=\"{base}/assets/icon.svg\" alt=\"\" width=\"28\" height=\"28\">\
             <a href=\"{base}/verify?lang={query}\">Greenlane</a></p>\n\
             <nav aria-label=\"{nav}\"><a href=\"{base}{here}?lang={other_query}\" hreflang=\"{other_tag}\" \
             lang=\"{other_tag}\">{other_name}</a></nav></header>\n\
             <main id=\"main\">\n<h1>{heading}</h1>\n{body}</main>\n\
             <footer><p>{about}</p><p>{key} <code>{verifier}</code></p></footer>\n</body>\n</html>\n",
            tag = language.tag(),
            title = Text(title),
            skip = self.pick("To the content", "跳到正文"),
            query = language.query(),
            nav = self.pick("Language", "语言"),
            here = Text(here),
            other_query = other.query(),
            other_tag = other.tag(),
            other_name = other.own_name(),
            heading = self.title(),
            about = self.pick(
                "An answer tells whether a certificate is genuine and counts today. Whether it covers goods, and whether a \
                 market recognises it, customs asks elsewhere. That no later step was kept from you, auditors and witnesses \
                 of the log watch over.",
                "结果表明证书是否真实、今日是否有效。是否涵盖特定货物、是否为某市场所承认，由海关另行查询。是否有后续步骤被隐瞒，由日志的审计方和见证方监督。",
            ),
            key = self.pick("The log’s key:", "日志密钥："),
            verifier = Text(&self.log.verifier_key().to_string()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let escaped = Text("<a href=\"x\">&'é'</a>").to_string();
        assert_eq!(escaped, "&lt;a href=&quot;x&quot;&gt;&amp;&#39;é&#39;&lt;/a&gt;");
        assert_eq!(Text("").to_string(), "");
    }
}

using System.Formats.Asn1;
using Adit.Hub.Access.SignIn.Ldap;

namespace Adit.Hub.Tests.Access.SignIn.Ldap;

public sealed class LdapFilterTests
{
    [Theory]
    [InlineData("anna", "anna")]
    [InlineData("*", @"\2a")]
    [InlineData("a)(uid=*", @"a\29\28uid=\2a")]
    [InlineData(@"a\b", @"a\5cb")]
    [InlineData("a\0b", @"a\00b")]
    [InlineData("é", @"\c3\a9")]
    public void A_value_cannot_end_where_its_writer_did_not_want_it_to(string value, string escaped) => Assert.Equal(escaped, LdapFilter.Escape(value));

    // Each by hand from RFC 4511 4.5.1.7.
    [Theory]
    [InlineData("(cn=a)", "A307 0402 636E 0401 61")]
    [InlineData("(cn=*)", "8702 636E")]
    [InlineData("(cn>=a)", "A507 0402 636E 0401 61")]
    [InlineData("(cn<=a)", "A607 0402 636E 0401 61")]
    [InlineData("(cn~=a)", "A807 0402 636E 0401 61")]
    [InlineData("(!(cn=a))", "A209 A307 0402 636E 0401 61")]
    [InlineData("(&(cn=a)(cn=*))", "A00D A307 0402 636E 0401 61 8702 636E")]
    [InlineData("(|(cn=a)(cn=*))", "A10D A307 0402 636E 0401 61 8702 636E")]
    [InlineData("(&)", "A000")]
    [InlineData("(cn=a*b*c)", "A40F 0402 636E 3009 8001 61 8101 62 8201 63")]
    [InlineData("(cn=*b*)", "A409 0402 636E 3003 8101 62")]
    [InlineData(@"(cn=\2a)", "A307 0402 636E 0401 2A")]
    [InlineData("(cn:1.2:=a)", "A90C 8103 312E 32 8202 636E 8301 61")]
    [InlineData("(cn:dn:=a)", "A90A 8202 636E 8301 61 8401 FF")]
    public void A_filter_is_sent_as_the_protocol_has_it(string filter, string bytes)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        LdapFilter.Write(writer, filter);
        Assert.Equal(bytes.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString(writer.Encode()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("cn=a")]
    [InlineData("(cn=a")]
    [InlineData("(cn=a))")]
    [InlineData("(cn)")]
    [InlineData("(=a)")]
    [InlineData("(&(cn=a)")]
    [InlineData(@"(cn=\2)")]
    [InlineData(@"(cn=\zz)")]
    [InlineData("(c n=a)")]
    [InlineData("(!)")]
    [InlineData("(:=a)")]
    public void What_is_no_filter_is_refused(string filter) => Assert.NotNull(LdapFilter.Refusal(filter));

    [Fact]
    public void A_filter_that_is_too_deep_or_too_long_is_refused()
    {
        Assert.NotNull(LdapFilter.Refusal(new string('(', 2000)));
        Assert.NotNull(LdapFilter.Refusal(string.Concat(Enumerable.Repeat("(!", 100)) + "(a=b)" + new string(')', 100)));
        Assert.NotNull(LdapFilter.Refusal($"(cn={new string('a', 5000)})"));
    }
}

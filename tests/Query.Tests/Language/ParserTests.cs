using CsCheck;
using IaaS.Projections.Query;
using IaaS.Projections.Query.Language;
using IaaS.Query.Tests.Differential;

namespace IaaS.Query.Tests.Language;

public sealed class ParserTests
{
    [Theory]
    [InlineData("vm wher state = Running", "Column 4: ", "'wher'", "Did you mean 'where'?")]
    [InlineData("vm where state = Running oder by name", "Column 26: ", "'oder'", "Did you mean 'order by'?")]
    [InlineData("vm where name =", "Column 16: ", "the end", "a value")]
    [InlineData("vm where name = 'web", "Column 17: ", "quote", "")]
    [InlineData("vm where (name = 'web'", "Column 23: ", "the end", "`)`")]
    [InlineData("vm\nwhere nics[address = '1' and\n  l3.name = ]", "Line 3, column 13: ", "`]`", "a value")]
    [InlineData("vm where name ? 'x'", "Column 15: ", "'?'", "")]
    [InlineData("vm limit many", "Column 10: ", "'many'", "a whole number")]
    [InlineData("vm limit 1 limit 2", "Column 12: ", "said twice", "")]
    [InlineData("vm where name not 'x'", "Column 19: ", "''x''", "'in'")]
    [InlineData("vm where state", "Column 15: ", "the end", "'='")]
    [InlineData("", "Column 1: ", "the end", "a kind of resource")]
    [InlineData("vm return count(volumes", "Column 24: ", "the end", "`)`")]
    [InlineData("vm as of 12", "Column 10: ", "'12'", "a time in quotes")]
    public void An_error_says_where_and_what(string text, string place, string found, string hint)
    {
        var why = Assert.IsType<Answer<QueryTextSyntax>.Refused>(QueryParser.Parse(text)).Reason;

        Assert.Equal("query.syntax", why.Code);
        Assert.StartsWith(place, why.Detail, StringComparison.Ordinal);
        Assert.Contains(found.Replace('`', '\''), why.Detail.Replace('`', '\''), StringComparison.Ordinal);
        Assert.Contains(hint.Replace('`', '\''), why.Detail.Replace('`', '\''), StringComparison.Ordinal);
    }

    [Fact]
    public void No_text_breaks_the_reader()
    {
        Gen<string> parts = Worlds.AnyOf("vm", "where", "not", "(", ")", "[", "]", "and", "or", "'", "''", "name", ".", "=", "!=", "in", ",", "like", "4GiB", "-1", "\"", ";", "return", "count(", "*", "as", "of", " ", "\n", "ü", "😀", "\ud800", "\0", "position");
        Gen.Frequency((1, Gen.String), (3, parts.Array[0, 40].Select(string.Concat)), (3, parts.Array[0, 40].Select(p => string.Join(' ', p))))
            .Sample(text => QueryParser.Parse(text) is not null && ConditionParser.Parse(text) is not null, iter: 20_000);
    }

    [Theory]
    [InlineData("(", ")")]
    [InlineData("not ", "")]
    [InlineData("a[", "]")]
    [InlineData("a in (b where ", ")")]
    public void Deep_nesting_is_refused_and_does_not_exhaust_the_stack(string open, string close)
    {
        string Nested(int times) => $"vm where {string.Concat(Enumerable.Repeat(open, times))}a = 1{string.Concat(Enumerable.Repeat(close, times))}";

        Assert.Contains("nested more than 100 deep", Assert.IsType<Answer<QueryTextSyntax>.Refused>(QueryParser.Parse(Nested(4_000))).Reason.Detail, StringComparison.Ordinal);
        Assert.Contains("longer than", Assert.IsType<Answer<QueryTextSyntax>.Refused>(QueryParser.Parse(Nested(100_000))).Reason.Detail, StringComparison.Ordinal);
        if (!open.Contains(" in ", StringComparison.Ordinal)) Assert.IsType<Answer<QueryTextSyntax>.Given>(QueryParser.Parse(Nested(80)));
    }

    [Fact]
    public void What_is_printed_is_read_as_the_same()
    {
        for (var i = 0; i < 3_000; i++)
        {
            var text = QueryPrinter.Print(new QueryGen(new PCG(7, (ulong)i), admin: true, head: 5_000).Next());
            Assert.Equal(text, QueryPrinter.Print(Assert.IsType<Answer<QuerySyntax>.Given>(QueryParser.ParseOne(text)).Value));
        }
    }

    [Fact]
    public void Any_text_can_be_a_value() => Gen.String.Where(s => s.Length < 200).Sample(value =>
    {
        var parsed = QueryParser.ParseCondition($"name = '{value.Replace("'", "''", StringComparison.Ordinal)}'");
        return parsed is Answer<ConditionSyntax>.Given { Value: ComparisonSyntax { Values: [var literal] } } && literal.Text == value;
    });

    [Theory]
    [InlineData("limit where limit = 5 and where.order = 1 order by by limit 3 return return as as")]
    [InlineData("vm where \"matches\" = 1 and matches 'x' and not matches 'y' and \"not\" = 2")]
    [InlineData("vm where exists.exists and all all [all = 1] and in in (in, not) and has has has and like like like")]
    [InlineData("vm return a as \"of\" as of position 5")]
    public void Keywords_are_names_where_names_stand(string text) =>
        Assert.Equal(text, QueryPrinter.Print(Assert.IsType<Answer<QuerySyntax>.Given>(QueryParser.ParseOne(text)).Value));

    [Theory]
    [InlineData("nics.address=192.168.0.249", "nics.address = '192.168.0.249'")]
    [InlineData("name~=prod-%", "name like 'prod-%'")]
    [InlineData("name!~=x%", "name not like 'x%'")]
    [InlineData("state?=Running,Stopped", "state in ('Running', 'Stopped')")]
    [InlineData("name!?='a,b','it''s',c d", "name not in ('a,b', 'it''s', 'c d')")]
    [InlineData("memory>=4GiB", "memory >= '4GiB'")]
    [InlineData("hostId=null", "hostId is null")]
    [InlineData("hostId!=null", "hostId is not null")]
    [InlineData("name='null'", "name = 'null'")]
    [InlineData("name=a or id!=b", "name = 'a or id!=b'")]
    [InlineData("name=it's", "name = 'it''s'")]
    [InlineData("name=a,b", "name = 'a,b'")]
    [InlineData("name=", "name = ''")]
    [InlineData("name = a or id != b", "name = a or id != b")]
    [InlineData("nics[address = '10.0.0.5'] or tags has 'x'", "nics[address = '10.0.0.5'] or tags has 'x'")]
    public void A_condition_of_a_url_is_compact_where_no_space_is_around_its_operator(string text, string condition) =>
        Assert.Equal(condition, QueryPrinter.Print(Assert.IsType<Answer<ConditionSyntax>.Given>(ConditionParser.Parse(text)).Value));

    [Fact]
    public void Whatever_follows_a_compact_operator_is_the_value() => Gen.String.Where(s => s.Length is > 0 and < 100 && s[0] is not ('\'' or '=') && !char.IsWhiteSpace(s[0]) && s != "null" && !s.Contains('\''))
        .Sample(value => ConditionParser.Parse($"name={value}") is Answer<ConditionSyntax>.Given { Value: ComparisonSyntax { Values: [var literal] } } && literal.Text == value);

    [Fact]
    public void An_item_that_is_neither_quoted_nor_plain_is_refused() =>
        Assert.StartsWith("Column 11: ", Assert.IsType<Answer<ConditionSyntax>.Refused>(ConditionParser.Parse("name?=a,b,'c")).Reason.Detail, StringComparison.Ordinal);
}

using System.Text;
using System.Text.Json;
using CsCheck;
using IaaS.Projections.Query.Language;

namespace IaaS.Query.Tests.Language;

public sealed class JsonTextTests
{
    private static readonly JsonSerializerOptions Wide = new() { WriteIndented = true };
    private static readonly Gen<string> Texts = Gen.String[Gen.Char["ab \"\\\n\t:,{}[]ä"], 0, 12];

    [Fact]
    public void What_the_database_sends_is_handed_on_without_the_spaces_between_its_parts_and_with_those_in_texts() =>
        Gen.Select(Gen.Dictionary(Texts, Texts.Array[0, 3])[0, 4], Gen.Int).Sample((texts, number) =>
        {
            var value = new { texts, number, nothing = (string?)null, truth = true };
            var sent = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(value, Wide));

            Assert.Equal(JsonSerializer.Serialize(value), JsonSerializer.Serialize(JsonText.Of(sent)));
        });
}
